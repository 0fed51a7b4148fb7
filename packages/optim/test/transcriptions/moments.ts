import type { Memory, Numbers, Transcription } from "./transcriptions.js";

const of = (values: Numbers | Memory, name: string): number => values[name] ?? 0;

/** Adds to an average that begins at 0: βa + (1−β)value; remembers and returns it. */
const average = (s: Memory, slot: string, beta: number, value: number): number => {
  const next = beta * of(s, slot) + (1 - beta) * value;
  s[slot] = next;
  return next;
};

/** Rules that keep moments of gradients beyond Adam's own, one number at a time; see `transcriptions`. */
export const momentTranscriptions: Readonly<Record<string, Transcription>> = {
  adamax: (x, gradient, k, s, h, { epsPlacement }) => {
    const g = gradient + of(h, "weightDecay") * x;
    const m = average(s, "m", of(h, "beta1"), g);
    const inside = epsPlacement === "gradient" ? of(h, "eps") : 0;
    const u = Math.max(of(h, "beta2") * of(s, "u"), Math.abs(g) + inside);
    s.u = u;
    const divisor = epsPlacement === "denominator" ? u + of(h, "eps") : u;
    return divisor === 0 ? x : x - ((of(h, "lr") / (1 - of(h, "beta1") ** k)) * m) / divisor;
  },
  nadam: (start, gradient, k, s, h, { momentum, decay }) => {
    const [lr, beta1] = [of(h, "lr"), of(h, "beta1")];
    const x = decay === "decoupled" ? start * (1 - lr * of(h, "weightDecay")) : start;
    const g = decay === "coupled" ? gradient + of(h, "weightDecay") * x : gradient;
    const m = average(s, "m", beta1, g);
    const v = average(s, "v", of(h, "beta2"), g * g) / (1 - of(h, "beta2") ** k);
    const denominator = Math.sqrt(v + of(h, "epsRoot")) + of(h, "eps");
    if (momentum === "constant") {
      const ahead = (beta1 * m) / (1 - beta1 ** (k + 1)) + ((1 - beta1) * g) / (1 - beta1 ** k);
      return x - (lr * ahead) / denominator;
    }
    const mu = beta1 * (1 - 0.5 * 0.96 ** (k * of(h, "momentumDecay")));
    const muNext = beta1 * (1 - 0.5 * 0.96 ** ((k + 1) * of(h, "momentumDecay")));
    const product = (k === 1 ? 1 : of(s, "product")) * mu;
    s.product = product;
    const y = x - (lr * (1 - mu) * g) / (1 - product) / denominator;
    return y - (lr * muNext * m) / (1 - product * muNext) / denominator;
  },
  nadamw: (x, g, k, s, h) => {
    const y = x * (1 - of(h, "lr") * of(h, "weightDecay"));
    const m = average(s, "m", of(h, "beta1"), g);
    const v = average(s, "v", of(h, "beta2"), g * g);
    const ahead = of(h, "beta1") * m + (1 - of(h, "beta1")) * g;
    const root = Math.sqrt(v / (1 - of(h, "beta2") ** k) + of(h, "epsRoot"));
    return y - ((of(h, "lr") / (1 - of(h, "beta1") ** k)) * ahead) / (root + of(h, "eps"));
  },
  "generalized-adam": (x, g, k, s, h, { nesterov, disablePreconditioning }) => {
    const decayed = of(h, "weightDecay") * x;
    if (disablePreconditioning === true) {
      const trace = g + of(h, "beta1") * of(s, "trace");
      s.trace = trace;
      return x - of(h, "lr") * ((nesterov === true ? g + of(h, "beta1") * trace : trace) + decayed);
    }
    let mean = average(s, "m", of(h, "beta1"), g);
    if (nesterov === true)
      mean = (of(h, "beta1") * mean + (1 - of(h, "beta1")) * g) / (1 - of(h, "beta1") ** k);
    const v = average(s, "v", of(h, "beta2"), g * g) / (1 - of(h, "beta2") ** k);
    return x - of(h, "lr") * (mean / (Math.sqrt(v + of(h, "epsRoot")) + of(h, "eps")) + decayed);
  },
  radam: (x, gradient, k, s, h, { rectifies, epsPlacement }) => {
    const g = gradient + of(h, "weightDecay") * x;
    const beta2 = of(h, "beta2");
    const m = average(s, "m", of(h, "beta1"), g) / (1 - of(h, "beta1") ** k);
    const v = average(s, "v", beta2, g * g);
    const infinite = 2 / (1 - beta2) - 1;
    const rho = infinite - (2 * k * beta2 ** k) / (1 - beta2 ** k);
    const rectify = rectifies === "from5" ? rho >= 5 : rho > (rectifies === "above4" ? 4 : 5);
    if (!rectify) return x - of(h, "lr") * m;
    const r = (((rho - 4) * (rho - 2) * infinite) / ((infinite - 4) * (infinite - 2) * rho)) ** 0.5;
    const adaptive =
      epsPlacement === "raw"
        ? Math.sqrt(1 - beta2 ** k) / (Math.sqrt(v + of(h, "epsRoot")) + of(h, "eps"))
        : 1 / (Math.sqrt(v / (1 - beta2 ** k) + of(h, "epsRoot")) + of(h, "eps"));
    return x - of(h, "lr") * m * r * adaptive;
  },
  ademamix: (x, g, k, s, h) => {
    const linear = (from: number, to: number, warmup: number): number =>
      k < warmup ? (1 - k / warmup) * from + (k / warmup) * to : to;
    const steps = (beta: number): number => Math.log(0.5) / Math.log(beta + of(h, "warmupEps")) - 1;
    const warm = of(h, "beta3Warmup");
    const beta3 =
      k < warm
        ? 0.5 ** (1 / (linear(steps(of(h, "beta1")), steps(of(h, "beta3")), warm) + 1))
        : of(h, "beta3");
    const fast = average(s, "fast", of(h, "beta1"), g) / (1 - of(h, "beta1") ** k);
    const slow = average(s, "slow", beta3, g);
    const v = average(s, "v", of(h, "beta2"), g * g) / (1 - of(h, "beta2") ** k);
    const mixed = fast + linear(0, of(h, "mix"), of(h, "mixWarmup")) * slow;
    const update = mixed / (Math.sqrt(v + of(h, "epsRoot")) + of(h, "eps"));
    return x - of(h, "lr") * (update + of(h, "weightDecay") * x);
  },
  adabelief: (x, g, k, s, h) => {
    const m = average(s, "m", of(h, "beta1"), g);
    s.variance = average(s, "variance", of(h, "beta2"), (g - m) ** 2) + of(h, "epsBelief");
    const root = Math.sqrt(s.variance / (1 - of(h, "beta2") ** k));
    const y = x * (1 - of(h, "lr") * of(h, "weightDecay"));
    return y - (of(h, "lr") * m) / (1 - of(h, "beta1") ** k) / (root + of(h, "eps"));
  },
  yogi: (x, g, k, s, h, { debias }) => {
    if (k === 1) [s.m, s.v] = [of(h, "initialMean"), of(h, "initialAccumulator")];
    let m = average(s, "m", of(h, "beta1"), g);
    let v = of(s, "v") - (1 - of(h, "beta2")) * Math.sign(of(s, "v") - g * g) * g * g;
    s.v = v;
    if (debias === true) {
      m /= 1 - of(h, "beta1") ** k;
      v /= 1 - of(h, "beta2") ** k;
    }
    return x - (of(h, "lr") * m) / (Math.sqrt(v + of(h, "epsRoot")) + of(h, "eps"));
  },
  adan: (x, g, k, s, h, { differenceWeight, decay }) => {
    const lr = of(h, "lr");
    const weight = differenceWeight === "decay" ? of(h, "beta2") : 1 - of(h, "beta2");
    const difference = k === 1 ? 0 : g - of(s, "before");
    s.before = g;
    const m = average(s, "m", of(h, "beta1"), g) / (1 - of(h, "beta1") ** k);
    const d = average(s, "d", of(h, "beta2"), difference) / (1 - of(h, "beta2") ** k);
    const n = average(s, "n", of(h, "beta3"), (g + weight * difference) ** 2) / (1 - of(h, "beta3") ** k);
    const update = (m + weight * d) / (Math.sqrt(n + of(h, "epsRoot")) + of(h, "eps"));
    return decay === "proximal"
      ? (x - lr * update) / (1 + lr * of(h, "weightDecay"))
      : x * (1 - lr * of(h, "weightDecay")) - lr * update;
  },
  lion: (x, g, _k, s, h) => {
    const y = x * (1 - of(h, "lr") * of(h, "weightDecay"));
    const update = Math.sign(of(h, "beta1") * of(s, "m") + (1 - of(h, "beta1")) * g);
    average(s, "m", of(h, "beta2"), g);
    return y - of(h, "lr") * update;
  },
  rprop: (x, gradient, k, s, h, { applies }) => {
    const before = k === 1 ? of(h, "lr") : of(s, "size");
    const made = of(s, "step");
    const sign = Math.sign(gradient) * Math.sign(made);
    const factor = sign > 0 ? of(h, "etaPlus") : sign < 0 ? of(h, "etaMinus") : 1;
    s.size = Math.min(Math.max(before * factor, of(h, "smallest")), of(h, "largest"));
    s.step = sign < 0 ? 0 : s.size * Math.sign(gradient);
    if (applies === "this") return x - s.step;
    return sign < 0 ? x : x - made;
  },
  // The estimate of the Hessian is the squared gradient here.
  sophia: (x, g, k, s, h, { refresh, debias }) => {
    const due = (k - 1) % of(h, "interval") === 0;
    if (due && refresh === "before") average(s, "h", of(h, "beta2"), g * g);
    const m = average(s, "m", of(h, "beta1"), g) / (debias === true ? 1 - of(h, "beta1") ** k : 1);
    const newton = m / Math.max(of(h, "gamma") * of(s, "h"), of(h, "eps"));
    if (due && refresh === "after") average(s, "h", of(h, "beta2"), g * g);
    const clipped = Math.min(Math.max(newton, -of(h, "clip")), of(h, "clip"));
    return x * (1 - of(h, "lr") * of(h, "weightDecay")) - of(h, "lr") * clipped;
  },
  nadamp: (x, g, k, s, h, { nesterov, root }) => {
    const beta1 = of(h, "beta1");
    const m = average(s, "m", beta1, g);
    const mean = nesterov === true ? (beta1 * m + (1 - beta1) * g) / (1 - beta1 ** k) : m;
    const v = average(s, "v", of(h, "beta2"), g * g) / (1 - of(h, "beta2") ** k);
    const size = (v + of(h, "epsRoot")) ** (1 / (root === "power" ? of(h, "degree") : 2));
    return x - of(h, "lr") * (mean / (size + of(h, "eps")) + of(h, "weightDecay") * x);
  },
  adamg: (x, g, k, s, h) => {
    const step = Math.min(1 / Math.sqrt(k), of(h, "lr"));
    const v = average(s, "v", of(h, "beta2"), g * g);
    const size = average(s, "size", of(h, "beta3"), of(h, "scale") * v ** of(h, "exponent"));
    const m = average(s, "m", of(h, "beta1"), g * size) / (1 - of(h, "beta1") ** k);
    const root = Math.sqrt(v / (1 - of(h, "beta2") ** k) + of(h, "epsRoot")) + of(h, "eps");
    return x * (1 - step * of(h, "weightDecay")) - (step * m) / root;
  },
};
