import { readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseYaml } from "@steepest/bench";
import { SteepestError, unknownName } from "@steepest/optim";
import { type Track, trackSchema } from "./track.js";

const shipped = fileURLToPath(new URL("../../tracks/", import.meta.url));
const endings = [".yaml", ".yml"];

/** The names of the tracks that come with this package, sorted. */
export async function trackNames(): Promise<readonly string[]> {
  const files = await readdir(shipped);
  return files
    .filter((file) => endings.includes(extname(file)))
    .map((file) => basename(file, extname(file)))
    .sort();
}

/** Every track that comes with this package, by name. */
export const shippedTracks = async (): Promise<readonly Track[]> =>
  Promise.all((await trackNames()).map(loadTrack));

/**
 * A track by its name, or from a file by its path.
 * @throws SteepestError `unknown-name` with the nearest name, `invalid-value` where the file cannot be read,
 *   `malformed-file` with line and column where it is not as expected, and where it has not the file's name
 */
export async function loadTrack(nameOrPath: string): Promise<Track> {
  const isFile = endings.includes(extname(nameOrPath));
  if (!isFile) {
    const names = await trackNames();
    if (!names.includes(nameOrPath)) throw unknownName("track", nameOrPath, names);
  }
  const path = isFile ? nameOrPath : join(shipped, `${nameOrPath}.yaml`);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new SteepestError(
      "invalid-value",
      `the track ${JSON.stringify(path)} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
      "Name a track (steepest speedrun tracks lists them) or a YAML file",
      { cause },
    );
  });
  const track = parseYaml(text, trackSchema, path, join(shipped, "shakespeare-steps.yaml"));
  const own = basename(path, extname(path));
  if (track.name !== own)
    throw new SteepestError(
      "malformed-file",
      `${path} names its track ${JSON.stringify(track.name)}, expected ${JSON.stringify(own)} as the file`,
      "Give both the same name: records are kept under it",
    );
  return track;
}
