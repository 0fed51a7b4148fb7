import type { Forms, Numbers, VectorStep } from "./transcriptions.js";

/**
 * Literal transcriptions of rules that sum over elements: given the chosen values and the parameter's start, a function that makes one
 * step of the whole parameter and keeps its memory to itself.
 */
export type SumTranscription = (hyper: Numbers, options: Forms, start: readonly number[]) => VectorStep;

type Vector = readonly number[];

const zeros = (x: Vector): number[] => x.map(() => 0);
const at = (x: Vector, i: number): number => x[i] ?? Number.NaN;
const sum = (x: Vector): number => x.reduce((total, value) => total + value, 0);
const norm = (x: Vector): number => Math.sqrt(sum(x.map((each) => each * each)));
/** The hyper-parameter of this name, which the rule has. */
const value = (hyper: Numbers, name: string): number => hyper[name] ?? Number.NaN;

const lamb: SumTranscription = (h, _options, start) => {
  const [m, v] = [zeros(start), zeros(start)];
  return (x, g, k) => {
    const r = x.map((xi, i) => {
      m[i] = value(h, "beta1") * at(m, i) + (1 - value(h, "beta1")) * at(g, i);
      v[i] = value(h, "beta2") * at(v, i) + (1 - value(h, "beta2")) * at(g, i) ** 2;
      const mHat = at(m, i) / (1 - value(h, "beta1") ** k);
      const vHat = at(v, i) / (1 - value(h, "beta2") ** k);
      const root = (vHat + value(h, "epsRoot")) ** 0.5;
      return mHat / (root + value(h, "eps")) + value(h, "weightDecay") * xi;
    });
    const ratio = norm(x) === 0 || norm(r) === 0 ? 1 : norm(x) / norm(r);
    return x.map((xi, i) => xi - value(h, "lr") * ratio * at(r, i));
  };
};

const lars: SumTranscription = (h, { norm: form, nesterov }, start) => {
  const buffer = zeros(start);
  return (x, g) => {
    const decayed = g.map((gi, i) => gi + value(h, "weightDecay") * at(x, i));
    const length = form === "sum" ? norm(decayed) : norm(g) + value(h, "weightDecay") * norm(x);
    const ratio =
      norm(x) === 0 || length === 0 ? 1 : (value(h, "trust") * norm(x)) / (length + value(h, "eps"));
    return x.map((xi, i) => {
      const step = value(h, "lr") * ratio * at(decayed, i);
      buffer[i] = value(h, "momentum") * at(buffer, i) + step;
      return xi - (nesterov === true ? step + value(h, "momentum") * at(buffer, i) : at(buffer, i));
    });
  };
};

export const sumTranscriptions: Readonly<Record<string, SumTranscription>> = { lamb, lars };
