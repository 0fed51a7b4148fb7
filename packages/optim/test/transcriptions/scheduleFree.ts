import type { Numbers } from "./transcriptions.js";
import { at, type SumTranscription, sum, type Vector, value, zeros } from "./vectors.js";

/** z, its average and y = (1−β)z + βx̄, all of which begin at the start. */
const scheduleFree = (h: Numbers, start: Vector) => {
  let [z, average, weights, lrMax] = [start, start, 0, 0];
  const beta = value(h, "beta");
  return {
    average: () => average,
    /** The share of step k, whose size is `lr`, in the average. */
    share: (k: number, lr: number): number => {
      lrMax = Math.max(lrMax, lr);
      const weight = k ** value(h, "r") * lrMax ** (h.weightLrPower ?? 0);
      weights += weight;
      return weights === 0 ? 0 : weight / weights;
    },
    /** y after z has made these steps. */
    advance: (steps: Vector, share: number): Vector => {
      z = z.map((zi, i) => zi - at(steps, i));
      average = average.map((xi, i) => (1 - share) * xi + share * at(z, i));
      return z.map((zi, i) => beta * at(average, i) + (1 - beta) * zi);
    },
    travelled: () => start.map((xi, i) => xi - at(z, i)),
  };
};
const warm = (h: Numbers, k: number): number =>
  value(h, "lr") * (k < value(h, "warmupSteps") ? k / value(h, "warmupSteps") : 1);

const scheduleFreeSgd: SumTranscription = (h, _options, start) => {
  const { share, advance } = scheduleFree(h, start);
  return (y, g, k) => {
    const lr = warm(h, k);
    const c = share(k, lr);
    return advance(
      g.map((gi, i) => lr * (gi + value(h, "weightDecay") * at(y, i))),
      c,
    );
  };
};

const scheduleFreeAdamw: SumTranscription = (h, { debiases, decayAt }, start) => {
  const { share, advance, average } = scheduleFree(h, start);
  const v = zeros(start);
  return (y, g, k) => {
    const c = share(k, warm(h, k));
    const c2 = 1 - value(h, "beta2") ** k;
    const rate = warm(h, k) * (debiases === "rate" ? Math.sqrt(c2) : 1);
    const shrunk = decayAt === "average" ? average() : y;
    const steps = g.map((gi, i) => {
      v[i] = value(h, "beta2") * at(v, i) + (1 - value(h, "beta2")) * gi * gi;
      const root = Math.sqrt(debiases === "rate" ? at(v, i) : at(v, i) / c2) + value(h, "eps");
      return rate * (gi / root + value(h, "weightDecay") * at(shrunk, i));
    });
    return advance(steps, c);
  };
};

const scheduleFreeRadam: SumTranscription = (h, { silent }, start) => {
  const { share, advance } = scheduleFree(h, start);
  const v = zeros(start);
  const b2 = value(h, "beta2");
  return (y, g, k) => {
    const rhoInf = 2 / (1 - b2) - 1;
    const rho = rhoInf - (2 * k * b2 ** k) / (1 - b2 ** k);
    const rect =
      rho > 4
        ? Math.sqrt(((rho - 4) * (rho - 2) * rhoInf) / ((rhoInf - 4) * (rhoInf - 2) * rho))
        : silent === true
          ? 0
          : 1;
    const lr = value(h, "lr") * rect;
    const c = share(k, lr);
    const steps = g.map((gi, i) => {
      v[i] = b2 * at(v, i) + (1 - b2) * gi * gi;
      const direction = rho > 4 ? gi / (Math.sqrt(at(v, i) / (1 - b2 ** k)) + value(h, "eps")) : gi;
      return lr * (direction + value(h, "weightDecay") * at(y, i));
    });
    return advance(steps, c);
  };
};

const scheduleFreeProdigy: SumTranscription = (h, _options, start) => {
  const { share, advance, average, travelled } = scheduleFree(h, start);
  const [v, s] = [zeros(start), zeros(start)];
  let [d, numerator] = [value(h, "d0"), 0];
  const b2 = value(h, "beta2");
  return (y, g, k) => {
    const dlr = d * value(h, "lr");
    const away = travelled();
    numerator *= Math.sqrt(b2);
    for (const [i, gi] of g.entries()) {
      numerator += d * dlr * gi * at(away, i);
      v[i] = b2 * at(v, i) + (1 - b2) * (d * gi) ** 2;
      s[i] = Math.sqrt(b2) * at(s, i) + d * dlr * gi;
    }
    const length = sum(s.map(Math.abs));
    if (length === 0) return y;
    d = Math.max(d, (value(h, "dCoefficient") * numerator) / length);
    const steps = g.map(
      (gi, i) =>
        value(h, "weightDecay") * dlr * at(average(), i) +
        (d * dlr * gi) / (Math.sqrt(at(v, i)) + d * value(h, "eps")),
    );
    return advance(steps, share(k, 1));
  };
};

/** Schedule-Free methods, with z and the average both at hand. */
export const scheduleFreeTranscriptions: Readonly<Record<string, SumTranscription>> = {
  "schedule-free-sgd": scheduleFreeSgd,
  "schedule-free-adamw": scheduleFreeAdamw,
  "schedule-free-radam": scheduleFreeRadam,
  "schedule-free-prodigy": scheduleFreeProdigy,
};
