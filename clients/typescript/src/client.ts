import type { GetUMPropertiesRequestJson, IsUMEnabledRequestJson } from "./gen/um/v1/mailbox_service_pb.js";
import { once } from "./once.js";
import type { Streaming, Unary } from "./rpcs.js";
import type { CallOptions, Transport } from "./transport.js";
import { watch, type WatchOptions } from "./watch.js";

type Request<R extends keyof Unary> = Unary[R][0];
type Response<R extends keyof Unary> = Promise<Unary[R][1]>;

/**
 * A client of a gateway, over whichever transport. Messages have the JSON form of protobuf: enums are their names, a
 * duration is "1.5s", a time is RFC 3339, an int64 is a string. Each failure is a GatewayError.
 *
 * Rpcs that may be repeated are, when the connection was lost or not made. playOnPhone, playOnPhoneGreeting and resetPIN are
 * not: each of these calls is one attempt. The methods that end in Once repeat them safely.
 */
export class Client {
  constructor(private readonly transport: Transport) {}

  /** Dials a telephone and plays a message, in one attempt. */
  playOnPhone(request: Request<"PlayOnPhone">, options: CallOptions = {}): Response<"PlayOnPhone"> {
    return this.transport.unary("PlayOnPhone", request, options);
  }

  /** Dials a telephone and plays a message: once at most, however often it has to be asked for. The timeout is that of each attempt. */
  playOnPhoneOnce(request: Request<"PlayOnPhone">, options: CallOptions = {}): Response<"PlayOnPhone"> {
    return once((r: Request<"PlayOnPhone">, o) => this.playOnPhone(r, o), request, options);
  }

  /** Dials a telephone and plays or records a greeting, in one attempt. */
  playOnPhoneGreeting(request: Request<"PlayOnPhoneGreeting">, options: CallOptions = {}): Response<"PlayOnPhoneGreeting"> {
    return this.transport.unary("PlayOnPhoneGreeting", request, options);
  }

  /** Dials a telephone and plays or records a greeting: once at most, however often it has to be asked for. */
  playOnPhoneGreetingOnce(request: Request<"PlayOnPhoneGreeting">, options: CallOptions = {}): Response<"PlayOnPhoneGreeting"> {
    return once((r: Request<"PlayOnPhoneGreeting">, o) => this.playOnPhoneGreeting(r, o), request, options);
  }

  /** Reports where a call stands. */
  getCallInfo(request: Request<"GetCallInfo">, options: CallOptions = {}): Response<"GetCallInfo"> {
    return this.transport.unary("GetCallInfo", request, options);
  }

  /** Follows a call over one stream, heartbeats included. Most callers want watch. */
  watchCall(request: Streaming["WatchCall"][0], options: CallOptions = {}): AsyncIterable<Streaming["WatchCall"][1]> {
    return this.transport.stream("WatchCall", request, options);
  }

  /** Follows a call until it has ended, over however many streams: see WatchOptions. */
  watch(callId: string, options: WatchOptions = {}): AsyncGenerator<Streaming["WatchCall"][1], void, undefined> {
    return watch(this.transport, callId, options);
  }

  /** Tells the gateway that somebody still cares about a call that has a lease. */
  renewLease(request: Request<"RenewLease">, options: CallOptions = {}): Response<"RenewLease"> {
    return this.transport.unary("RenewLease", request, options);
  }

  /** Ends a call. */
  disconnect(request: Request<"Disconnect">, options: CallOptions = {}): Response<"Disconnect"> {
    return this.transport.unary("Disconnect", request, options);
  }

  /** Tells whether the mailbox is enabled for Unified Messaging. */
  isUMEnabled(request: IsUMEnabledRequestJson = {}, options: CallOptions = {}): Response<"IsUMEnabled"> {
    return this.transport.unary("IsUMEnabled", request, options);
  }

  /** Reads the voice settings. */
  getUMProperties(request: GetUMPropertiesRequestJson = {}, options: CallOptions = {}): Response<"GetUMProperties"> {
    return this.transport.unary("GetUMProperties", request, options);
  }

  /** Gives the mailbox a new PIN, in one attempt. */
  resetPIN(request: Request<"ResetPIN"> = {}, options: CallOptions = {}): Response<"ResetPIN"> {
    return this.transport.unary("ResetPIN", request, options);
  }

  /** Gives the mailbox a new PIN: one at most, however often it has to be asked for. */
  resetPINOnce(request: Request<"ResetPIN"> = {}, options: CallOptions = {}): Response<"ResetPIN"> {
    return once((r: Request<"ResetPIN">, o) => this.resetPIN(r, o), request, options);
  }

  /** Turns the Out-of-Office greeting on or off. */
  setOofStatus(request: Request<"SetOofStatus">, options: CallOptions = {}): Response<"SetOofStatus"> {
    return this.transport.unary("SetOofStatus", request, options);
  }

  /** Turns the mails about missed calls on or off. */
  setMissedCallNotificationEnabled(
    request: Request<"SetMissedCallNotificationEnabled">, options: CallOptions = {},
  ): Response<"SetMissedCallNotificationEnabled"> {
    return this.transport.unary("SetMissedCallNotificationEnabled", request, options);
  }

  /** Sets the number that Play on Phone offers by default. */
  setPlayOnPhoneDialString(
    request: Request<"SetPlayOnPhoneDialString">, options: CallOptions = {},
  ): Response<"SetPlayOnPhoneDialString"> {
    return this.transport.unary("SetPlayOnPhoneDialString", request, options);
  }

  /** Chooses the mail folder that is read out over the telephone. */
  setTelephoneAccessFolderEmail(
    request: Request<"SetTelephoneAccessFolderEmail">, options: CallOptions = {},
  ): Response<"SetTelephoneAccessFolderEmail"> {
    return this.transport.unary("SetTelephoneAccessFolderEmail", request, options);
  }

  /** Ends the connections. */
  close(): void {
    this.transport.close();
  }
}
