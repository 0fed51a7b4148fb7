import { createHash } from "node:crypto";
import { writeFileAtomically } from "./atomic.js";
import { FileError } from "./errors.js";

/** What to fetch, what it must be, where to put it and how long to wait. */
export interface DownloadOptions {
  readonly url: string;
  /** The file to write. It appears whole and verified, or not at all. */
  readonly path: string;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly sha256: string;
  /**
   * From the bytes sent to the content whose hash is checked, e.g. `gunzipSync`: a mirror that compresses
   * anew sends other bytes of the same content. The file keeps the bytes as sent. Default: the bytes
   * themselves.
   */
  readonly unpack?: (bytes: Uint8Array) => Uint8Array;
  /** Longest wait for the server's first answer, in seconds. Default 10. */
  readonly connectSeconds?: number;
  /** Longest time for the whole file, in seconds. Default 600. */
  readonly totalSeconds?: number;
}

/** SHA-256 as 64 hexadecimal digits. */
export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function fetchBytes(options: DownloadOptions): Promise<Uint8Array> {
  const { url, connectSeconds = 10, totalSeconds = 600 } = options;
  const stop = new AbortController();
  const giveUp = (what: string, seconds: number) =>
    setTimeout(() => stop.abort(new Error(`${what} within ${seconds} s`)), 1000 * seconds);
  const connecting = giveUp("no answer", connectSeconds);
  const loading = giveUp("not complete", totalSeconds);
  try {
    const response = await fetch(url, { signal: stop.signal });
    clearTimeout(connecting);
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new FileError(
      "unavailable",
      `could not download ${url}: ${reason(error)}`,
      `Check the network, or put the file at ${options.path}`,
      { cause: error },
    );
  } finally {
    clearTimeout(connecting);
    clearTimeout(loading);
  }
}

/** `fetch` says only "fetch failed"; what failed is in its cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function unpacked(bytes: Uint8Array, { url, path, unpack }: DownloadOptions): Uint8Array {
  if (unpack === undefined) return bytes;
  try {
    return unpack(bytes);
  } catch (error) {
    throw new FileError(
      "malformed-file",
      `${url} sent ${bytes.length} bytes that do not unpack: ${reason(error)}`,
      `Try again later, or put the file at ${path}`,
      { cause: error },
    );
  }
}

/**
 * Downloads a file and keeps it only if its content has the expected hash.
 * @throws FileError `unavailable` where it cannot be fetched in time, `malformed-file` where the content is
 *   another.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, path, sha256 } = options;
  const bytes = await fetchBytes(options);
  const found = sha256Of(unpacked(bytes, options));
  if (found !== sha256.toLowerCase()) {
    throw new FileError(
      "malformed-file",
      `${url} sent content with SHA-256 ${found}, expected ${sha256}`,
      `Nothing was kept. Try again later, or put the right file at ${path}`,
    );
  }
  await writeFileAtomically(path, bytes);
}
