/** lines yields the lines of a body as they come. A failure of the connection becomes the error that failed makes of it. */
export async function* lines(
  body: ReadableStream<Uint8Array> | null, failed: (cause: unknown) => Error,
): AsyncGenerator<string, void, undefined> {
  if (body === null) {
    return;
  }
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => { throw failed(error); });
      const parts = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = parts.pop() ?? "";
      yield* parts.filter((line) => line !== "");
      if (done) {
        return; // what stands after the last line feed was cut off
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
