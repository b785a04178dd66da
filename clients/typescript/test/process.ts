import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The gateway's binary: "make build" puts it there. */
export const binary = process.env["GATEWAY_BINARY"] ?? fileURLToPath(new URL("../../../../bin/umgateway", import.meta.url));

/** A program that runs until it is ended, and what it has written. */
export class Program {
  output = "";
  #ended = false;
  readonly #process: ChildProcess;
  #changed: () => void = () => undefined;

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    this.#process = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    const add = (text: string) => {
      this.output += text;
      this.#changed();
    };
    this.#process.stdout?.setEncoding("utf8").on("data", add);
    this.#process.stderr?.setEncoding("utf8").on("data", add);
    this.#process.on("error", (error) => {
      this.#ended = true;
      add(`\n${String(error)}`);
    });
    this.#process.on("close", () => {
      this.#ended = true;
      this.#changed();
    });
  }

  /** wrote waits until the output holds the pattern. */
  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) {
        return found;
      }
      if (this.#ended) {
        throw new Error(`the program has ended without having written ${String(pattern)}:\n${this.output}`);
      }
      await this.#change();
    }
  }

  /** end waits until the program has ended, and returns how. */
  async end(): Promise<number | null> {
    while (!this.#ended) {
      await this.#change();
    }
    return this.#process.exitCode;
  }

  /** stop ends the program. */
  async stop(): Promise<void> {
    this.#process.kill();
    await this.end();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
