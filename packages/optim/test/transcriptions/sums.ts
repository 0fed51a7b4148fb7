import { scheduleFreeTranscriptions } from "./scheduleFree.js";
import type { Numbers } from "./transcriptions.js";
import { at, norm, type SumTranscription, sum, type Vector, value, zeros } from "./vectors.js";

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

const limited = (d: number, factor: number): number => (factor === 0 ? Number.POSITIVE_INFINITY : d * factor);

const dadaptSgd: SumTranscription = (h, _options, start) => {
  const s = zeros(start);
  let [d, numerator, g0] = [value(h, "d0"), 0, 0];
  return (x, gradient) => {
    if (g0 === 0) g0 = norm(gradient);
    if (g0 === 0) return x;
    const dlr = (d * value(h, "lr")) / g0;
    const g = gradient.map((gi, i) => gi + value(h, "weightDecay") * at(x, i));
    for (const [i, gi] of g.entries()) {
      numerator += dlr * gi * at(s, i);
      s[i] = at(s, i) + dlr * gi;
    }
    const estimate = (2 * numerator) / norm(s);
    if (norm(s) > 0) d = Math.max(d, Math.min(estimate, limited(d, value(h, "growthRate"))));
    const mu = value(h, "momentum");
    return x.map((xi, i) => xi * mu + (at(start, i) - at(s, i)) * (1 - mu));
  };
};

/** √(1−β₂ᵏ)/(1−β₁ᵏ) where it is switched on. */
const rateCorrection = (h: Numbers, on: string | boolean | undefined, k: number): number =>
  on === true ? Math.sqrt(1 - value(h, "beta2") ** k) / (1 - value(h, "beta1") ** k) : 1;

const dadaptAdam: SumTranscription = (h, { decoupled, biasCorrection }, start) => {
  const [m, v, s] = [zeros(start), zeros(start), zeros(start)];
  let [d, numerator] = [value(h, "d0"), 0];
  const [b1, b2, eps, decay] = [
    value(h, "beta1"),
    value(h, "beta2"),
    value(h, "eps"),
    value(h, "weightDecay"),
  ];
  return (x, gradient, k) => {
    const dlr = d * value(h, "lr") * rateCorrection(h, biasCorrection, k);
    let products = 0;
    const next = x.map((xi, i) => {
      const g = at(gradient, i) + (decoupled === true ? 0 : decay * xi);
      products += (dlr * g * at(s, i)) / (Math.sqrt(at(v, i)) + eps);
      m[i] = b1 * at(m, i) + dlr * (1 - b1) * g;
      v[i] = b2 * at(v, i) + (1 - b2) * g * g;
      s[i] = Math.sqrt(b2) * at(s, i) + dlr * (1 - Math.sqrt(b2)) * g;
      return xi - (decoupled === true ? decay * dlr * xi : 0) - at(m, i) / (Math.sqrt(at(v, i)) + eps);
    });
    numerator = Math.sqrt(b2) * numerator + (1 - Math.sqrt(b2)) * products;
    const length = sum(s.map(Math.abs));
    const estimate = numerator / ((1 - Math.sqrt(b2)) * length);
    if (length > 0) d = Math.max(d, Math.min(estimate, limited(d, value(h, "growthRate"))));
    return next;
  };
};

const prodigy: SumTranscription = (h, { decoupled, biasCorrection, safeguardWarmup }, start) => {
  const [m, v, s] = [zeros(start), zeros(start), zeros(start)];
  const d0 = value(h, "d0");
  let [d, dMax, numerator] = [d0, d0, 0];
  const [b1, b2, eps, decay] = [
    value(h, "beta1"),
    value(h, "beta2"),
    value(h, "eps"),
    value(h, "weightDecay"),
  ];
  const b3 = Math.sqrt(b2);
  return (x, gradient, k) => {
    const dlr = d * value(h, "lr") * rateCorrection(h, biasCorrection, k);
    let products = 0;
    for (const [i, xi] of x.entries()) {
      const g = at(gradient, i) + (decoupled === true ? 0 : decay * xi);
      products += (d / d0) * dlr * g * (at(start, i) - xi);
      m[i] = b1 * at(m, i) + d * (1 - b1) * g;
      v[i] = b2 * at(v, i) + d * d * (1 - b2) * g * g;
      s[i] = b3 * at(s, i) + (d / d0) * (safeguardWarmup === true ? d : dlr) * g;
    }
    const length = sum(s.map(Math.abs));
    if (length === 0) return x;
    numerator = b3 * numerator + products;
    const estimate = (value(h, "dCoefficient") * numerator) / length;
    if (d === d0) d = Math.max(d, estimate);
    dMax = Math.max(dMax, estimate);
    d = Math.min(dMax, limited(d, value(h, "growthRate")));
    return x.map((xi, i) => {
      const kept = decoupled === true ? xi - decay * dlr * xi : xi;
      return kept - (dlr * at(m, i)) / (Math.sqrt(at(v, i)) + d * eps);
    });
  };
};

/** C-Optim's mask of a step, scaled: by the mean of the mask, or by the count of what is left. */
const cautious = (direction: Vector, g: Vector, scale: string | boolean | undefined): number[] => {
  const mask = direction.map((value, i) => (value * at(g, i) > 0 ? 1 : 0));
  const factor =
    scale === "mean" ? 1 / Math.max(sum(mask) / mask.length, 1e-3) : mask.length / (sum(mask) + 1);
  return direction.map((value, i) => value * at(mask, i) * factor);
};

const cautiousAdamw: SumTranscription = (h, { epsPlacement, debias, maskScale }, start) => {
  const [m, v] = [zeros(start), zeros(start)];
  return (x, g, k) => {
    const [c1, c2] = debias === true ? [1 - value(h, "beta1") ** k, 1 - value(h, "beta2") ** k] : [1, 1];
    for (const [i, gi] of g.entries()) {
      m[i] = value(h, "beta1") * at(m, i) + (1 - value(h, "beta1")) * gi;
      v[i] = value(h, "beta2") * at(v, i) + (1 - value(h, "beta2")) * gi * gi;
    }
    return cautious(m, g, maskScale).map((masked, i) => {
      const y = at(x, i) * (1 - value(h, "lr") * value(h, "weightDecay"));
      const early = (at(v, i) + value(h, "epsRoot")) ** 0.5 + value(h, "eps");
      const late = (at(v, i) / c2 + value(h, "epsRoot")) ** 0.5 + value(h, "eps");
      return epsPlacement === "raw"
        ? y - (((value(h, "lr") * Math.sqrt(c2)) / c1) * masked) / early
        : y - ((value(h, "lr") / c1) * masked) / late;
    });
  };
};

const cautiousLion: SumTranscription = (h, { maskScale }, start) => {
  const m = zeros(start);
  return (x, g) => {
    const direction = g.map((gi, i) =>
      Math.sign(value(h, "beta1") * at(m, i) + (1 - value(h, "beta1")) * gi),
    );
    for (const [i, gi] of g.entries()) m[i] = value(h, "beta2") * at(m, i) + (1 - value(h, "beta2")) * gi;
    return cautious(direction, g, maskScale).map(
      (step, i) => at(x, i) * (1 - value(h, "lr") * value(h, "weightDecay")) - value(h, "lr") * step,
    );
  };
};

const amos: SumTranscription = (h, { style, clipsGradient }, start) => {
  const [m, v] = [zeros(start), zeros(start)];
  const [n, xi, eta, l2] = [start.length, value(h, "lr"), value(h, "eta"), value(h, "l2")];
  const [b1, b2] = [value(h, "beta1"), value(h, "beta2")];
  const sqrtK = Math.sqrt(n);
  const q = Math.sqrt(1 - 1 / sqrtK);
  const tau = q * Math.log(sqrtK * (1 + q) ** 2);
  const l2p = 1 + l2 * ((1 + tau / 2) ** 2 - 1) ** 2;
  let [b, nu] = [0, 0];
  /** What g is divided by. */
  const clip = (average: number, g: number, k: number): number => {
    const limit = (((1 - b2) / (1 - b2 ** (k - 1))) * average) / (1 - b2);
    return clipsGradient === true && average > 0 ? Math.sqrt(Math.max(1, (g * g) / limit)) : 1;
  };
  return (x, gradient, k) => {
    const adam = style === "adam";
    const correction = (1 - b2) / (1 - b2 ** k);
    const g = gradient.map((gi, i) => gi / clip(adam ? at(v, i) : nu, gi, k));
    const meanSquare = sum(g.map((gi) => gi * gi)) / n;
    nu = b2 * nu + meanSquare;
    for (const [i, gi] of g.entries()) {
      v[i] = b2 * at(v, i) + gi * gi;
      if (adam) m[i] = b1 * at(m, i) + (1 - b1) * gi;
    }
    const normal = (average: number): number => Math.max(correction * average, 2 ** -126);
    const g2 = adam
      ? (((1 + b1) / (1 - b1)) * (sum(m.map((mi) => mi * mi)) / n)) / normal(sum(v) / n)
      : meanSquare / normal(nu);
    const s = Math.sqrt(1 + b);
    const rate = (xi * xi) / (adam ? Math.max(g2, s) : s);
    const old = b;
    b += rate * ((adam ? g2 : 1) / sqrtK + b);
    const l2q = 1 + l2 * old * old;
    const wd = -0.5 * rate * ((l2p / l2q) * g2 + l2);
    const bv = ((2 * s) / (1 + Math.sqrt(1 + (2 / (2 + tau)) * s))) ** 2 - 1;
    const l2r = (1 + l2 * old * bv) / (1 + (l2 / l2p) * l2q);
    return x.map((xv, i) => {
      const u = adam ? at(m, i) / Math.sqrt(normal(at(v, i))) : at(g, i) / Math.sqrt(normal(nu));
      const step = (wd * xv - eta * xi * u) / (1 + eta * s * l2r * bv);
      if (adam) return xv + step;
      m[i] = b1 * at(m, i) + (1 - b1) * step;
      return xv + at(m, i);
    });
  };
};

export const sumTranscriptions: Readonly<Record<string, SumTranscription>> = {
  "cautious-adamw": cautiousAdamw,
  "cautious-lion": cautiousLion,
  lamb,
  lars,
  "dadapt-sgd": dadaptSgd,
  "dadapt-adam": dadaptAdam,
  amos,
  prodigy,
  ...scheduleFreeTranscriptions,
};
