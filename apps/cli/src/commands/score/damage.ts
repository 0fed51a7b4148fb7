import type { ScoreReport } from "@steepest/bench";
import { type ExitCode, exitCode, type Io } from "../../io.js";

/** Damaged logs that are listed one by one; a broken disk may have thousands. */
const mostDamage = 50;

/** Names of files may hold what moves the cursor. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, "\ufffd");

/** Lists the damaged logs of a report on stderr, and says by an exit code whether there are any. */
export function reportDamage(io: Io, { damage }: ScoreReport): ExitCode {
  for (const { path, line, text } of damage.slice(0, mostDamage))
    io.stderr.write(`${printable(`${path}${line === undefined ? "" : `:${line}`}: ${text}`)}\n`);
  const more = damage.length - mostDamage;
  if (more > 0) io.stderr.write(`and ${more} more; the page lists them all\n`);
  return damage.length === 0 ? exitCode.ok : exitCode.damaged;
}
