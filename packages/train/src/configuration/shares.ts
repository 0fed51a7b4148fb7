import { SteepestError } from "@steepest/optim";

/**
 * A setting in which numbers of steps stand as shares of a run, such as `cosine:steps=100%,warmup=5%` or
 * `averageStart=2%`, with these replaced by numbers: rounded, and at least 1.
 * @throws SteepestError `invalid-value` for a share above 100%
 */
export const withShares = (text: string, steps: number): string =>
  text.replaceAll(/(\d+(?:\.\d+)?|\.\d+)%/g, (share, percent: string) => {
    if (Number(percent) > 100)
      throw new SteepestError(
        "invalid-value",
        `"${text}" has ${share} of the run`,
        "Give a share of the run's steps, at most 100%",
      );
    return String(Math.max(1, Math.round((Number(percent) / 100) * steps)));
  });
