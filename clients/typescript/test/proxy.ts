import { createServer, type Server, type Socket, connect, type AddressInfo } from "node:net";

/** A way to a server that breaks when a test wants it to. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];
  /** How many milliseconds each answer is under way. */
  distanceMs = 0;
  /** What clients have sent. */
  sent = "";
  #holding = false;
  #refusals = 0;

  private constructor(private target: string) {
    this.#server = createServer((client) => { this.#serve(client); });
  }

  /** start begins to serve the way to a host and port. */
  static async start(target: string): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** The host and port of this end. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port.toString()}`;
  }

  /** cut breaks the connections. */
  cut(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  /** refuse breaks the next connections at once. */
  refuse(connections: number): void {
    this.#refusals = connections;
  }

  /** hold keeps back what the server answers until release. */
  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    for (const pass of this.#held.splice(0)) {
      pass();
    }
  }

  /** lead has new connections go to another server, and breaks the others. */
  lead(target: string): void {
    this.target = target;
    this.cut();
  }

  async stop(): Promise<void> {
    this.release();
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    if (this.#refusals > 0) {
      this.#refusals--;
      client.destroy();
      return;
    }
    const [host = "", port = ""] = this.target.split(":");
    const server = connect(Number(port), host);
    for (const [socket, other] of [[client, server], [server, client]] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (data) => {
      this.sent += data.toString("latin1");
      server.write(data);
    });
    server.on("data", (data) => {
      if (this.#holding) {
        this.#held.push(() => client.write(data));
      } else if (this.distanceMs > 0) {
        setTimeout(() => client.write(data), this.distanceMs);
      } else {
        client.write(data);
      }
    });
  }
}
