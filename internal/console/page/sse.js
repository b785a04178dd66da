// Server-sent events read by fetch, since EventSource cannot send an Authorization header (WHATWG HTML section 9.2.6).

/** Reads a stream of events. Each is {id, event, data}; comments, which keep the stream alive, are told as null. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let fields = { id: "", event: "", data: [] };
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return; // an event without its empty line is none
      const lines = (rest + value).split(/\r\n|\n|\r/);
      rest = lines.pop();
      for (const line of lines) {
        if (line !== "") {
          if (line.startsWith(":")) yield null;
          else take(fields, line);
          continue;
        }
        if (fields.data.length > 0) yield { id: fields.id, event: fields.event || "message", data: fields.data.join("\n") };
        fields = { id: fields.id, event: "", data: [] };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function take(fields, line) {
  const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
  if (name === "data") fields.data.push(value);
  else if (name === "event" || name === "id") fields[name] = value;
}
