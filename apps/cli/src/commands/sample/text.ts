import { SteepestError } from "@steepest/optim";
import type { TrainedRun } from "@steepest/train";
import { createSampler, type LoadedWorkload, type SamplingOptions } from "@steepest/workloads";

/** How a text is made. */
export interface TextOptions extends SamplingOptions {
  /** What it begins with; by default it begins after a line break, or after the first token that there is. */
  readonly prompt?: string;
  readonly threads?: number;
}

type Language = NonNullable<LoadedWorkload["language"]>;

/**
 * A prompt and the text with which a trained language model continues it.
 * @throws SteepestError `misuse` where the run has not learnt a language; `invalid-value` for a prompt that
 *   has no tokens or has characters that the model does not know, and for options out of range
 */
export async function sampledText(
  { configuration, loaded, parameter }: TrainedRun,
  { prompt, threads = 1, ...options }: TextOptions,
): Promise<string> {
  const { language } = loaded;
  if (language === undefined)
    throw new SteepestError(
      "misuse",
      `the run is one of ${configuration.workload}, whose model makes no text`,
      "Give the folder of a run of shakespeare or procedural-language",
    );
  const { model, tokeniser } = language;
  const begun = prompt === undefined ? Uint16Array.of(breakToken(language)) : tokeniser.encode(prompt);
  const sampler = createSampler(model, parameter, { threads });
  try {
    const drawn = await sampler.generate(begun, options);
    return tokeniser.decode(prompt === undefined ? drawn : [...begun, ...drawn]);
  } finally {
    await sampler.release();
  }
}

/** The token of a line break, else the first one: a procedural language's full stop. */
const breakToken = ({ tokeniser }: Language): number => Math.max(0, tokeniser.symbols?.indexOf("\n") ?? 0);
