import { describe, expect, it } from "vitest";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import { after } from "../runs.js";

const relativeError = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? 0)))) / Math.max(1, ...a.map(Math.abs));

/** One rule is another under these values; exactly where the arithmetic is the same, else up to rounding. */
const identities: readonly (readonly [left: string, right: string, exact: boolean])[] = [
  ["gd", "sgd", true],
  ["momentum:beta=0", "sgd", true],
  ["nesterov:beta=0", "sgd", true],
  ["momentum:firstGradient=whole", "momentum", true],
  ["momentum:dampening=0.1,weightDecay=0.1,lr=0.1", "momentum:weightDecay=0.1,lr=0.09", false],
  ["adamw:weightDecay=0", "adam", true],
  ["adam-l2:weightDecay=0", "adam", true],
  ["adamw:weightDecay=0,maximum=raw", "amsgrad:maximum=raw", true],
  ["adamw:weightDecay=0,maximum=debiased", "amsgrad", true],
  ["adam-l2:weightDecay=0,maximum=raw", "amsgrad:maximum=raw", true],
  ["adadelta:gamma=0.8,rho=0.8,preset=torch", "adadelta:gamma=0.8,rho=0.8", true],
  ["adadelta:lr=0.5,preset=torch", "adadelta:lr=0.5,preset=optax", true],
  ["rmsprop:buffer=directions,momentum=0", "rmsprop", true],
  ["rmsprop:buffer=steps,momentum=0", "rmsprop", true],
  ["rmsprop:buffer=steps,momentum=0.7", "rmsprop:buffer=directions,momentum=0.7", false],
  ["sgd:weightDecay=0.1,preset=torch,lr=0.01", "sgd:weightDecay=0.1", true],
  ["generalized-adam", "nadamw:weightDecay=0", true],
  ["generalized-adam:disablePreconditioning=true,lr=0.01", "nesterov", true],
  ["generalized-adam:disablePreconditioning=true,nesterov=false,lr=0.01", "momentum", true],
  ["nadamp", "nadamw:weightDecay=0", true],
  ["nadamp:root=power", "nadamp", false],
  ["nadamp:nesterov=false", "generalized-adam:nesterov=false", true],
  ["ademamix:mix=0", "adam", true],
  ["adan:beta1=0.9,beta2=0,beta3=0.999", "adam", true],
  ["adan:decay=decoupled", "adan", true],
  ["diloco:base=sgd,lr=0.05,outerLr=0.4,outerMomentum=0.8,syncPeriod=1", "nesterov:lr=0.02,beta=0.8", false],
  ["diloco:base=sgd,lr=0.05,outerLr=1,outerMomentum=0,syncPeriod=1", "sgd:lr=0.05", false],
  ["schedule-free-adamw:beta=0,kept=average", "adamw:beta1=0,weightDecay=0,lr=0.0025", false],
  // An estimate of the distance that may not grow stays what it is at first. No term in ε, which is
  // multiplied by the estimate.
  ["prodigy:growthRate=1,d0=0.1,lr=0.2,biasCorrection=true,eps=1e-30", "adam:lr=0.02,eps=1e-30", false],
  [
    "dadapt-adam:growthRate=1,d0=0.1,lr=0.2,biasCorrection=true,eps=1e-30,beta1=0",
    "adam:lr=0.02,eps=1e-30,beta1=0",
    false,
  ],
  // ρ∞ = 3: never rectified, so that no denominator matters.
  ["radam:beta2=0.5,rectifies=from5,epsPlacement=raw", "radam:beta2=0.5", true],
];

describe.each(["float64", "wasm"] as const)("on %s", (backend) => {
  it.each(identities)("%s is %s", (left, right, exact) => {
    const [a, b] = [after(left, backend), after(right, backend)];
    if (exact) expect(a).toEqual(b);
    else expect(relativeError(a, b)).toBeLessThan(backend === "wasm" ? 1e-5 : 1e-12);
  });

  it("differs where a form differs: no identity above holds for want of effect", () => {
    for (const [left, right] of [
      ["momentum", "sgd"],
      ["nesterov", "momentum"],
      ["momentum:dampening=0.5", "momentum:dampening=0.5,firstGradient=whole"],
      ["adamw", "adam"],
      ["adam-l2", "adam"],
      ["adam-l2", "adamw"],
      ["amsgrad", "adam"],
      ["amsgrad:maximum=raw", "amsgrad"],
      ["amsgrad:maximum=undebiased", "amsgrad"],
      ["rmsprop:centered=true", "rmsprop"],
      ["rmsprop:epsPlacement=outside,eps=0.1", "rmsprop:eps=0.1"],
      ["adagrad:preset=torch", "adagrad"],
      ["adagrad:preset=optax", "adagrad"],
      ["adadelta:rho=0.5", "adadelta"],
      ["adamax:epsPlacement=denominator,eps=0.1", "adamax:eps=0.1"],
      ["adamax:epsPlacement=none", "adamax:eps=0.1"],
      ["nadam:momentum=constant", "nadam"],
      ["nadam:momentum=constant", "nadamw:weightDecay=0,lr=0.002"],
      ["nadam:weightDecay=0.1,decay=decoupled", "nadam:weightDecay=0.1"],
      ["nadamp:root=power,degree=1.5", "nadamp"],
      ["nadamp:nesterov=false", "nadamp"],
      ["radam:rectifies=above4", "radam"],
      ["radam:epsPlacement=raw,eps=0.1", "radam:eps=0.1"],
      ["ademamix", "adam"],
      ["ademamix:mixWarmup=10", "ademamix"],
      ["ademamix:beta3Warmup=10", "ademamix"],
      ["adabelief", "adam"],
      ["yogi:debias=false", "yogi"],
      ["yogi:initialMean=0.1", "yogi"],
      ["adan:differenceWeight=complement", "adan"],
      ["adan:decay=decoupled,weightDecay=1,lr=0.1", "adan:weightDecay=1,lr=0.1"],
      ["cautious-lion", "lion"],
      ["cautious-lion:maskScale=mean", "cautious-lion"],
      ["cautious-adamw", "adamw:weightDecay=0,eps=1e-6"],
      ["cautious-adamw:maskScale=count", "cautious-adamw"],
      ["cautious-adamw:debias=false", "cautious-adamw"],
      ["cautious-adamw:epsPlacement=raw,eps=0.1", "cautious-adamw:eps=0.1"],
      ["sophia:gamma=1000,refresh=before", "sophia:gamma=1000"],
      ["sophia:gamma=1000,debias=false", "sophia:gamma=1000"],
      ["rprop:applies=previous", "rprop"],
    ] as const)
      expect(
        relativeError(after(left, backend), after(right, backend)),
        `${left} / ${right}`,
      ).toBeGreaterThan(1e-6);
  });
});

/** Parameters of a single element that starts at 0, after each of these gradients. */
function trajectory(text: string, gradients: readonly number[]): number[] {
  const optimizer = createOptimizer(parseOptimizerSpec(text), [{ name: "x", shape: [], role: "other" }], {
    backend: "float64",
  });
  return gradients.map((g) => {
    optimizer.gradient("x")[0] = g;
    optimizer.step();
    return optimizer.parameter("x")[0] ?? Number.NaN;
  });
}

describe("worked by hand", () => {
  it("AMSGrad's two maxima part on the gradients 1, 0, 0", () => {
    const rounded = (text: string) => trajectory(text, [1, 0, 0]).map((value) => Number(value.toFixed(3)));
    expect(rounded("amsgrad:preset=torch,lr=0.1")).toEqual([-0.1, -0.167, -0.219]);
    expect(rounded("amsgrad:preset=optax,lr=0.1")).toEqual([-0.1, -0.147, -0.177]);
  });
  it("Adam's first step is α whatever the gradient's size", () => {
    for (const g of [1e-3, 1, 1e6]) expect(trajectory("adam:eps=0", [g])[0]).toBeCloseTo(-1e-3, 15);
  });
  it("AdaGrad's k-th step on equal gradients is α/√k", () => {
    const [first = 0, second = 0, third = 0] = trajectory("adagrad:eps=0,lr=1", [2, 2, 2]);
    expect([first, second - first, third - second]).toEqual([
      -1,
      expect.closeTo(-Math.SQRT1_2, 14),
      expect.closeTo(-1 / Math.sqrt(3), 14),
    ]);
  });
  it("torch's lr_decay divides by 1 + (k − 1)η", () => {
    const [first = 0, second = 0] = trajectory("adagrad:eps=0,lr=1,lrDecay=1", [2, 2]);
    expect(second - first).toBeCloseTo(-Math.SQRT1_2 / 2, 14);
  });
  it("Nesterov's second step looks ahead: g + βg + β²g", () => {
    expect(trajectory("nesterov:lr=1,beta=0.5", [1, 0])).toEqual([-1.5, -1.75]);
    expect(trajectory("momentum:lr=1,beta=0.5", [1, 0])).toEqual([-1, -1.5]);
  });
  it("Rprop grows its step by 1.2 while the sign stays; where it changes it halves it and does not move", () => {
    const rounded = (text: string) => trajectory(text, [1, 1, -1, -1, -1]).map((x) => Number(x.toFixed(6)));
    expect(rounded("rprop:lr=0.1")).toEqual([-0.1, -0.22, -0.22, -0.16, -0.088]);
    expect(rounded("rprop:lr=0.1,applies=previous")).toEqual([0, -0.1, -0.1, -0.1, -0.04]);
  });
  it("Rprop's steps stay within their bounds", () => {
    const rounded = (text: string, gradients: readonly number[]) =>
      trajectory(text, gradients).map((x) => Number(x.toFixed(6)));
    expect(rounded("rprop:lr=0.1,largest=0.13", [1, 1, 1, 1])).toEqual([-0.1, -0.22, -0.35, -0.48]);
    expect(rounded("rprop:lr=0.1,smallest=0.08", [1, -1, -1, 1, 1])).toEqual([
      -0.1, -0.1, -0.02, -0.02, -0.1,
    ]);
  });
  it("AdamG's k-th step is min(α, 1/√k) times p·v^q, with averages of one step", () => {
    const golden = 0.2 * 4 ** 0.24;
    const xs = trajectory("adamg:lr=0.6,beta1=0,beta2=0,beta3=0,eps=0", [2, 2, 2, -2]);
    const rates = xs.map((x, k) => ((xs[k - 1] ?? 0) - x) / golden);
    for (const [k, rate] of [0.6, 0.6, 1 / Math.sqrt(3), -0.5].entries())
      expect(rates[k]).toBeCloseTo(rate, 12);
  });
  it("Lion moves by the step size, whatever the gradient's size, and not without one", () => {
    expect(trajectory("lion:lr=0.5", [1e-3, 1e6])).toEqual([-0.5, -1]);
    expect(trajectory("lion:lr=0.5", [0, 0])).toEqual([0, 0]);
  });
  it("Sophia without Hessians makes steps of the clipped size", () => {
    expect(trajectory("sophia:lr=0.5,clip=0.5,weightDecay=0", [1e-3, 1e3])).toEqual([-0.25, -0.5]);
  });
  it("RAdam's first five steps are plain momentum in torch and in optax, and four in the paper", () => {
    // Equal gradients: m̂ is the gradient, and an unrectified step is α·g.
    const plainSteps = (form: string): number => {
      const xs = [0, ...trajectory(`radam:lr=1,eps=0,${form}`, Array(10).fill(2))];
      return xs.findIndex((x, k) => Math.abs((xs[k + 1] ?? 0) - x + 2) > 1e-9);
    };
    expect([plainSteps("preset=torch"), plainSteps("preset=optax"), plainSteps("preset=paper")]).toEqual([
      5, 5, 4,
    ]);
  });
  it("RMSProp's buffer of directions stands still at step size 0, its buffer of steps rolls on", () => {
    const moves = (buffer: string): boolean => {
      const spec = parseOptimizerSpec(`rmsprop:momentum=0.5,buffer=${buffer}`);
      const optimizer = createOptimizer(spec, [{ name: "x", shape: [1], role: "other" }], {
        schedule: (step) => (step === 1 ? 1 : 0),
      });
      optimizer.gradient("x")[0] = 1;
      optimizer.step();
      const before = optimizer.parameter("x")[0];
      optimizer.step();
      return optimizer.parameter("x")[0] !== before;
    };
    expect([moves("directions"), moves("steps")]).toEqual([false, true]);
  });
});
