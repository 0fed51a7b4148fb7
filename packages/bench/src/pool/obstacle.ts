import { FileError } from "@steepest/files";
import { SteepestError } from "@steepest/optim";

/**
 * What keeps a trial from going on and is no fault of its own: another process works in its folder, or there
 * is no space left to write to.
 */
export type Obstacle = (typeof obstacles)[number];

/** Every {@link Obstacle}. */
export const obstacles = ["in-use", "disk-full"] as const;

/** `ENOSPC`: the disk is full; `EDQUOT`: the user's share of it is. */
const diskCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** The obstacle behind an error; undefined for errors of any other kind. */
export function obstacleOf(error: unknown): Obstacle | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && diskCodes.has(error.code)) return "disk-full";
  if (error instanceof FileError && error.code === "in-use") return "in-use";
  return obstacleOf(error.cause);
}

/**
 * Whether an error comes back at every attempt: what a trial is made of is wrong, as a broken rule is or a
 * damaged file, and not what it met. `unavailable` may be there the next time.
 */
export const isLasting = (error: unknown): boolean =>
  error instanceof SteepestError && error.code !== "unavailable";

/** The error of a full disk, for people. */
export const diskFull = (folder: string, cause: unknown): SteepestError =>
  new SteepestError(
    "unavailable",
    `there is no space left for the files of ${JSON.stringify(folder)}`,
    "Make room and run the same command again: what is complete is kept",
    { cause },
  );
