import type { SteepestError } from "@steepest/optim";

/**
 * Where a command writes: results to stdout, progress to stderr. Handed in, so that tests read what a user
 * would see.
 */
export interface Io {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether stderr is a terminal that can redraw a line. */
  readonly interactive: boolean;
}

/** The exit codes of every command. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  targetMissed: 3,
  damaged: 4,
  interrupted: 130,
} as const;
/** One of {@link exitCode}. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** A mistake in how the command was called: exit code 2. */
const usageCodes: ReadonlySet<SteepestError["code"]> = new Set(["unknown-name", "invalid-value", "misuse"]);

/** Whether an error is the caller's mistake or a failure on the way. */
export const exitCodeOf = (error: SteepestError): ExitCode =>
  usageCodes.has(error.code) ? exitCode.usage : exitCode.failed;
