import type {
  DisconnectRequestJson, DisconnectResponseJson, GetCallInfoRequestJson, GetCallInfoResponseJson,
  PlayOnPhoneGreetingRequestJson, PlayOnPhoneGreetingResponseJson, PlayOnPhoneRequestJson, PlayOnPhoneResponseJson,
  RenewLeaseRequestJson, RenewLeaseResponseJson, WatchCallRequestJson, WatchCallResponseJson,
} from "./gen/um/v1/call_service_pb.js";
import type {
  GetUMPropertiesRequestJson, GetUMPropertiesResponseJson, IsUMEnabledRequestJson, IsUMEnabledResponseJson,
  ResetPINRequestJson, ResetPINResponseJson, SetMissedCallNotificationEnabledRequestJson,
  SetMissedCallNotificationEnabledResponseJson, SetOofStatusRequestJson, SetOofStatusResponseJson,
  SetPlayOnPhoneDialStringRequestJson, SetPlayOnPhoneDialStringResponseJson, SetTelephoneAccessFolderEmailRequestJson,
  SetTelephoneAccessFolderEmailResponseJson,
} from "./gen/um/v1/mailbox_service_pb.js";

/** The request and the response of each unary rpc, in the JSON form of protobuf. */
export interface Unary {
  PlayOnPhone: [PlayOnPhoneRequestJson, PlayOnPhoneResponseJson];
  PlayOnPhoneGreeting: [PlayOnPhoneGreetingRequestJson, PlayOnPhoneGreetingResponseJson];
  GetCallInfo: [GetCallInfoRequestJson, GetCallInfoResponseJson];
  RenewLease: [RenewLeaseRequestJson, RenewLeaseResponseJson];
  Disconnect: [DisconnectRequestJson, DisconnectResponseJson];
  IsUMEnabled: [IsUMEnabledRequestJson, IsUMEnabledResponseJson];
  GetUMProperties: [GetUMPropertiesRequestJson, GetUMPropertiesResponseJson];
  ResetPIN: [ResetPINRequestJson, ResetPINResponseJson];
  SetOofStatus: [SetOofStatusRequestJson, SetOofStatusResponseJson];
  SetMissedCallNotificationEnabled: [
    SetMissedCallNotificationEnabledRequestJson, SetMissedCallNotificationEnabledResponseJson];
  SetPlayOnPhoneDialString: [SetPlayOnPhoneDialStringRequestJson, SetPlayOnPhoneDialStringResponseJson];
  SetTelephoneAccessFolderEmail: [SetTelephoneAccessFolderEmailRequestJson, SetTelephoneAccessFolderEmailResponseJson];
}

/** The request and the events of each rpc that streams. */
export interface Streaming {
  WatchCall: [WatchCallRequestJson, WatchCallResponseJson];
}

/** An rpc by its name in the schema. */
export type Rpc = keyof Unary | keyof Streaming;

/** How an rpc looks over REST. Fields in braces stand in the path; a GET has the others in its query, a POST has all in its body. */
export interface Route {
  verb: "GET" | "POST";
  path: string;
}

/** The routes of the schema. Where the schema has two, it is the one with the id in the body. */
export const routes: Record<Rpc, Route> = {
  PlayOnPhone: { verb: "POST", path: "/v1/calls:playOnPhone" },
  PlayOnPhoneGreeting: { verb: "POST", path: "/v1/calls:playOnPhoneGreeting" },
  GetCallInfo: { verb: "GET", path: "/v1/calls/{callId}" },
  WatchCall: { verb: "GET", path: "/v1/calls/{callId}:watch" },
  RenewLease: { verb: "POST", path: "/v1/calls:renewLease" },
  Disconnect: { verb: "POST", path: "/v1/calls:disconnect" },
  IsUMEnabled: { verb: "GET", path: "/v1/mailbox:umEnabled" },
  GetUMProperties: { verb: "GET", path: "/v1/mailbox/umProperties" },
  ResetPIN: { verb: "POST", path: "/v1/mailbox:resetPin" },
  SetOofStatus: { verb: "POST", path: "/v1/mailbox:setOofStatus" },
  SetMissedCallNotificationEnabled: { verb: "POST", path: "/v1/mailbox:setMissedCallNotificationEnabled" },
  SetPlayOnPhoneDialString: { verb: "POST", path: "/v1/mailbox:setPlayOnPhoneDialString" },
  SetTelephoneAccessFolderEmail: { verb: "POST", path: "/v1/mailbox:setTelephoneAccessFolderEmail" },
};
