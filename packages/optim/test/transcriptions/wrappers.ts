import type { Numbers, Transcription } from "./transcriptions.js";

/*
 * Wrappers once more, over the transcription of what they wrap. Their averages, which training does not
 * notice, are in averages.test.ts.
 */

const of = (values: Numbers, name: string): number => values[name] ?? 0;

const lookahead =
  (base: Transcription): Transcription =>
  (x, g, k, s, h, options) => {
    if (k === 1) s.slow = x;
    const fast = base(x, g, k, s, h, options);
    if (k % of(h, "syncPeriod") !== 0) return fast;
    const rate = of(h, "slowStepSize");
    s.slow = (1 - rate) * of(s, "slow") + rate * fast;
    return s.slow;
  };

const diloco =
  (base: Transcription): Transcription =>
  (x, g, k, s, h, options) => {
    if (k === 1) s.start = x;
    const inner = base(x, g, k, s, h, options);
    if (k % of(h, "syncPeriod") !== 0) return inner;
    // torch's SGD with Nesterov momentum on the change.
    const gradient = of(s, "start") - inner;
    s.velocity = gradient + of(h, "outerMomentum") * of(s, "velocity");
    s.start = of(s, "start") - of(h, "outerLr") * (gradient + of(h, "outerMomentum") * s.velocity);
    return s.start;
  };

/** Every wrapper over this base, its default one. */
export const wrapperTranscriptions = (base: Transcription): Readonly<Record<string, Transcription>> => ({
  lookahead: lookahead(base),
  diloco: diloco(base),
  "weight-ema": base,
  "lawa-queue": base,
  "lawa-ema": base,
});
