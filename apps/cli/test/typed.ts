import { PassThrough } from "node:stream";
import { main } from "../src/main.js";

/** What a user who types these arguments sees, without a terminal. */
export async function typed(...args: readonly string[]) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await main(args, { ...streams, interactive: false });
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return { code, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}
