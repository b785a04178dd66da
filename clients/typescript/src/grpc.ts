/**
 * Calls a gateway over gRPC, from Node.js.
 *
 * @module
 */
import { createRegistry, type DescMethod, fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { Client } from "./client.js";
import { failure, GatewayError, type StatusJson } from "./errors.js";
import { BadRequestSchema, ErrorInfoSchema, RequestInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "./gen/google/rpc/status_pb.js";
import { serviceConfig } from "./gen/service_config.js";
import { CallService } from "./gen/um/v1/call_service_pb.js";
import { SoapFaultSchema } from "./gen/um/v1/errors_pb.js";
import { MailboxService } from "./gen/um/v1/mailbox_service_pb.js";
import { aborted } from "./policy.js";
import type { Rpc, Streaming, Unary } from "./rpcs.js";
import { authorization, type CallOptions, checkPlain, type Credential, type Transport } from "./transport.js";

export * from "./index.js";

/** How to reach a gateway over gRPC. */
export interface GrpcOptions {
  /** The address, such as "gateway.example.com:9090". */
  address: string;
  /** Without TLS. By default there is TLS. */
  plaintext?: boolean;
  /** Whom to believe, in PEM; the authorities of Node.js unless set. */
  rootCertificates?: Buffer;
  /** A client certificate and its key, in PEM. */
  clientCertificate?: { certificate: Buffer; key: Buffer };
  /** As whom to call. Without TLS it goes to this machine only. */
  credential?: Credential;
  /** Options of the channel besides. */
  channelOptions?: grpc.ChannelOptions;
}

/** newGrpcClient makes a client that calls a gateway over gRPC. */
export function newGrpcClient(options: GrpcOptions): Client {
  return new Client(new GrpcTransport(options));
}

const methods = new Map<string, DescMethod>([...CallService.methods, ...MailboxService.methods].map((m) => [m.name, m]));

const details = createRegistry(ErrorInfoSchema, BadRequestSchema, RetryInfoSchema, RequestInfoSchema, SoapFaultSchema);

/** A Transport over gRPC. Retries are those of the channel, by the service config. */
export class GrpcTransport implements Transport {
  readonly #client: grpc.Client;
  readonly #credential: Credential | undefined;

  constructor(options: GrpcOptions) {
    this.#credential = options.credential;
    if (options.plaintext === true) {
      checkPlain(options.address.replace(/:\d+$/, ""), options.credential);
    }
    const { certificate = null, key = null } = options.clientCertificate ?? {};
    const credentials = options.plaintext === true
      ? grpc.credentials.createInsecure()
      : grpc.credentials.createSsl(options.rootCertificates ?? null, key, certificate);
    this.#client = new grpc.Client(options.address, credentials, {
      "grpc.service_config": JSON.stringify(serviceConfig),
      "grpc.service_config_disable_resolution": 1,
      // An attempt makes sense only if the channel tries to connect again before it.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1000,
      ...options.channelOptions,
    });
  }

  async unary<R extends keyof Unary>(rpc: R, request: Unary[R][0], options: CallOptions): Promise<Unary[R][1]> {
    const call = await this.#prepare(rpc, request, options);
    const { signal } = options;
    if (signal?.aborted) {
      throw aborted(signal);
    }
    return new Promise<Unary[R][1]>((resolve, reject) => {
      const stop = () => { sent.cancel(); };
      const sent = this.#client.makeUnaryRequest(
        call.path, (b: Buffer) => b, (b) => b, call.message, call.metadata, call.options,
        (error, reply) => {
          signal?.removeEventListener("abort", stop);
          if (error !== null) {
            reject(failed(error, signal));
          } else {
            resolve(decode(call.method, reply) as Unary[R][1]);
          }
        });
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  async *stream<R extends keyof Streaming>(
    rpc: R, request: Streaming[R][0], options: CallOptions,
  ): AsyncGenerator<Streaming[R][1], void, undefined> {
    const call = await this.#prepare(rpc, request, options);
    const { signal } = options;
    if (signal?.aborted) {
      throw aborted(signal);
    }
    const events = this.#client.makeServerStreamRequest(
      call.path, (b: Buffer) => b, (b) => b, call.message, call.metadata, call.options);
    const stop = () => { events.cancel(); };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const event of events) {
        yield decode(call.method, event as Buffer) as Streaming[R][1];
      }
    } catch (error) {
      throw failed(error as grpc.ServiceError, signal);
    } finally {
      signal?.removeEventListener("abort", stop);
      stop();
    }
  }

  close(): void {
    this.#client.close();
  }

  /** #prepare makes all that a call needs. */
  async #prepare(rpc: Rpc, request: object, options: CallOptions) {
    const method = methods.get(rpc);
    if (method === undefined) {
      throw failure("UNIMPLEMENTED", `the schema has no rpc ${rpc}`);
    }
    const message = encode(method, request);
    const metadata = new grpc.Metadata();
    if (this.#credential !== undefined) {
      metadata.set("authorization", await authorization(this.#credential));
    }
    return {
      method, message, metadata, path: `/${method.parent.typeName}/${method.name}`,
      options: options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs },
    };
  }
}

function encode(method: DescMethod, request: object): Buffer {
  try {
    return Buffer.from(toBinary(method.input, fromJson(method.input, request as JsonValue)));
  } catch (error) {
    throw failure("INVALID_ARGUMENT", `the request cannot be written: ${String(error)}`, error);
  }
}

/** decode reads a message as REST would show it: with fields that hold default values. */
function decode(method: DescMethod, message: Buffer | undefined): JsonValue {
  return toJson(method.output, fromBinary(method.output, message ?? new Uint8Array()), { alwaysEmitImplicit: true });
}

/** failed is why a call failed: because its caller gave it up, or because of what the gateway says. */
function failed(error: grpc.ServiceError, signal: AbortSignal | undefined): GatewayError {
  return signal?.aborted && error.code === grpc.status.CANCELLED ? aborted(signal) : gatewayError(error);
}

/** gatewayError reads an error with its details. */
function gatewayError(error: grpc.ServiceError): GatewayError {
  const plain: StatusJson = { code: error.code, message: error.details };
  const [binary] = error.metadata.get("grpc-status-details-bin");
  if (!(binary instanceof Uint8Array)) {
    return new GatewayError(plain, { cause: error });
  }
  try {
    const status = fromBinary(StatusSchema, binary);
    status.details = status.details.filter((any) => details.getMessage(any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1)));
    return new GatewayError(toJson(StatusSchema, status, { registry: details }) as StatusJson, { cause: error });
  } catch {
    return new GatewayError(plain, { cause: error }); // details of another make
  }
}
