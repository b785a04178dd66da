import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "umgateway";
import { newGrpcClient } from "umgateway/grpc";
import { newRestClient } from "umgateway/rest";
import { binary, Program } from "./process.js";
import { Proxy } from "./proxy.js";

export type Front = "gRPC" | "REST";

export const fronts: readonly Front[] = ["gRPC", "REST"];

/** A gateway before a simulated Exchange server, with breakable ways to both. */
export class Stand {
  private constructor(
    readonly exchange: Program, readonly backend: Proxy, readonly directory: string,
    public gateway: Program, readonly ways: Record<Front, Proxy>,
  ) {}

  static async start(): Promise<Stand> {
    const exchange = new Program(binary, ["simulate", "--addr", "127.0.0.1:0", "--log-soap"]);
    const [, address = ""] = await exchange.wrote(/ready at http:\/\/([\d.:]+)/);
    const backend = await Proxy.start(address);
    const directory = await mkdtemp(join(tmpdir(), "umgateway-"));
    const gateway = serve(backend, directory);
    const ways = {
      gRPC: await Proxy.start(await addressOf(gateway, "gRPC")),
      REST: await Proxy.start(await addressOf(gateway, "REST")),
    };
    return new Stand(exchange, backend, directory, gateway, ways);
  }

  /** client makes a client of a front. */
  client(front: Front): Client {
    const { address } = this.ways[front];
    return front === "gRPC"
      ? newGrpcClient({ address, plaintext: true })
      : newRestClient({ baseUrl: `http://${address}` });
  }

  /** asked tells how often Exchange was asked for an operation with a text in it. */
  asked(operation: string, text: string): number {
    const requests = this.exchange.output.split("--> ").filter((exchange) => exchange.includes(`/${operation}"`));
    return requests.filter((request) => request.includes(text)).length;
  }

  /** wasAsked waits until Exchange was asked for an operation with a text in it. */
  async wasAsked(operation: string, text: string): Promise<void> {
    await this.exchange.wrote(new RegExp(`--> [^\\n]*/${operation}"(?:(?!--> )[^])*${text.replace(/[+/]/g, "\\$&")}`));
  }

  /** restart has another gateway take over, which knows of the first one's calls only what is in the ledger. */
  async restart(): Promise<void> {
    await this.gateway.stop();
    this.gateway = serve(this.backend, this.directory);
    for (const front of fronts) {
      this.ways[front].lead(await addressOf(this.gateway, front));
    }
  }

  async stop(): Promise<void> {
    this.backend.release();
    await this.gateway.stop();
    await this.exchange.stop();
    await Promise.all([this.ways.gRPC.stop(), this.ways.REST.stop(), this.backend.stop()]);
    await rm(this.directory, { recursive: true });
  }
}

function serve(backend: Proxy, directory: string): Program {
  return new Program(binary, [
    "serve", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "",
    "--backend-url", `http://${backend.address}/UnifiedMessaging/Service.asmx`,
    "--ledger", join(directory, "ledger.db"), "--drain-timeout", "1s",
  ]);
}

export async function addressOf(gateway: Program, front: Front): Promise<string> {
  await gateway.wrote(/REST ready at \S+\n/);
  const [, address = ""] = await gateway.wrote(new RegExp(`${front} ready at (?:https?://)?([\\d.:]+)`));
  return address;
}

/** failureOf returns the error with which the call fails. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("the call did not fail");
}
