import type {
  ClaimEffect,
  ClaimsData,
  ComparisonData,
  ComparisonEntry,
  Curve,
  RaceData,
  RaceRun,
  ScoreCell,
  ScoreData,
  ScoreEntry,
} from "../src/index.js";

/** A name that breaks out of markup, attributes and scripts wherever it is not escaped. */
export const hostileName = `</script><img src=x onerror="throw 1">'&`;

/**
 * Gradient descent with momentum on f = x²/2 + 5y² from (−2, 1): a path that is known and never leaves the
 * box.
 */
function run(label: string, learningRate: number, momentum: number, steps: number): RaceRun {
  const [xs, ys, gaps]: [number[], number[], number[]] = [[], [], []];
  let [x, y, vx, vy] = [-2, 1, 0, 0];
  for (let k = 0; k <= steps; k++) {
    const gap = x ** 2 / 2 + 5 * y ** 2;
    if (!Number.isFinite(gap)) break;
    xs.push(x);
    ys.push(y);
    gaps.push(gap);
    [vx, vy] = [momentum * vx + x, momentum * vy + 10 * y];
    [x, y] = [x - learningRate * vx, y - learningRate * vy];
  }
  const diverged = gaps.length <= steps;
  const step = gaps.findIndex((gap) => gap <= 0.01);
  return {
    label,
    learningRate,
    x: xs,
    y: ys,
    gap: gaps,
    finalValue: diverged ? Number.NaN : (gaps.at(-1) ?? Number.NaN),
    distance: Math.hypot(x, y),
    outcome: diverged
      ? { kind: "diverged", step: gaps.length }
      : step < 0
        ? { kind: "unsolved" }
        : { kind: "solved", step },
  };
}

/** A race of four: one converges, one oscillates, one diverges, one has a hostile name. */
export function sampleRace(steps = 400): RaceData {
  const side = 60;
  const at = (index: number): number => -2.5 + (5 * index) / (side - 1);
  return {
    title: "A bowl",
    source: "made for the tests",
    dimension: 2,
    start: [-2, 1],
    minimum: 0,
    minimisers: [[0, 0]],
    threshold: 0.01,
    steps,
    command: "steepest race bowl",
    view: {
      kind: "plane",
      bounds: [
        [-2.5, 2.5],
        [-2.5, 2.5],
      ],
      field: {
        columns: side,
        rows: side,
        values: Array.from(
          { length: side * side },
          (_, i) => at(i % side) ** 2 / 2 + 5 * at(Math.floor(i / side)) ** 2,
        ),
      },
    },
    runs: [
      run("steady", 0.02, 0, steps),
      run("heavy", 0.02, 0.9, steps),
      run("wild", 0.5, 0, steps),
      run(hostileName, 0.005, 0, steps),
    ],
  };
}

/** A race in one dimension: one ends at the minimiser, one at the other end. */
export function sampleLineRace(): RaceData {
  const steps = 100;
  const line = (label: string, slope: number): RaceRun => {
    const x = Array.from({ length: steps + 1 }, (_, k) => Math.max(-1, Math.min(1, slope * k)));
    const last = x.at(-1) ?? 0;
    return {
      label,
      learningRate: 0.01,
      x,
      gap: x.map((value) => value + 1),
      finalValue: last,
      distance: last + 1,
      outcome: last < 0 ? { kind: "solved", step: 90 } : { kind: "unsolved" },
    };
  };
  return {
    ...sampleRace(),
    title: "A slope",
    dimension: 1,
    start: [0],
    minimum: -1,
    minimisers: [[-1]],
    threshold: 0.1,
    steps,
    view: { kind: "line", bounds: [-1, 1] },
    runs: [line("right", -0.01), line("wrong", 0.01)],
  };
}

function entry(rank: number, optimizer: string, rate: number): ComparisonEntry {
  const steps = Array.from({ length: 12 }, (_, i) => 100 * (i + 1));
  const curve = (value: (progress: number) => number, spread: number): Curve => ({
    steps,
    seconds: steps.map((step) => (step * (0.4 + 0.03 * rank)) / 1000),
    value: steps.map((step) => value(step * rate)),
    low: steps.map((step) => value(step * rate) - spread),
    high: steps.map((step) => value(step * rate) + spread),
  });
  const reached = rank <= 3;
  const accuracy = 0.88 - 0.01 * rank;
  return {
    optimizer,
    rank,
    group: rank <= 2 ? 1 : rank,
    ...(rank === 4 ? {} : { learningRate: 10 ** -rank }),
    stepsToTarget: reached
      ? {
          kind: "reached",
          value: 500 * rank,
          low: 450 * rank,
          high: rank === 3 ? Number.POSITIVE_INFINITY : 560 * rank,
        }
      : { kind: "missed", reason: "best validation accuracy 0.832 of 0.85" },
    secondsToTarget: reached
      ? { kind: "reached", value: 0.31 * rank, low: 0.3 * rank, high: 0.33 * rank }
      : { kind: "missed", reason: "best validation accuracy 0.832 of 0.85" },
    arrivals: {
      reached: reached ? (rank === 3 ? 2 : 3) : 0,
      seeds: 3,
      median: {
        estimate: reached ? 500 * rank : Number.POSITIVE_INFINITY,
        low: reached ? 450 * rank : Number.POSITIVE_INFINITY,
        high: rank < 3 ? 560 * rank : Number.POSITIVE_INFINITY,
      },
    },
    validation: { value: accuracy, low: accuracy - 0.004, high: accuracy + 0.004 },
    test: { value: accuracy - 0.008, low: accuracy - 0.011, high: accuracy - 0.005 },
    curves: {
      loss: curve((progress) => 0.35 + 1.9 * Math.exp(-progress), 0.02),
      accuracy: curve((progress) => accuracy - 0.6 * Math.exp(-1.4 * progress), 0.006),
    },
    sensitivity: [-1, 0, 1].map((offset) => ({
      learningRate: 10 ** (offset - rank),
      best: {
        value: accuracy - 0.03 * offset ** 2,
        low: accuracy - 0.03 * offset ** 2 - 0.004,
        high: accuracy,
      },
    })),
    ...(rank === 1
      ? {}
      : {
          standing: {
            quantity: "steps to the target",
            behind: { estimate: 240 * (rank - 1), low: 120 * (rank - 2), high: 480 * rank },
            pValue: rank === 2 ? 0.21 : 0.004,
            logRankPValue: 0.25,
          },
        }),
    failures: rank === 4 ? [`${optimizer} seed 2 failed: the loss became NaN at step 31`] : [],
  };
}

/** A comparison of four, two of them not distinguishable, one with a hostile name that misses the target. */
export const sampleComparison: ComparisonData = {
  workload: "fashion-mnist",
  description: "784-100-10 network, cross-entropy",
  parameterCount: 79510,
  source: "shapes drawn by code",
  procedural: true,
  target: { metric: "accuracy", split: "validation", value: 0.85 },
  batchSize: 128,
  stepBudget: 1200,
  seeds: [0, 1, 2],
  interval: { level: 0.95, method: "Student t over the seeds" },
  method: ["Ranked by steps to the target, the median over the seeds.", "Grouped by paired tests."],
  command: "steepest compare fashion-mnist",
  environment: { node: "v20", threads: "1" },
  entries: [
    entry(1, "adam", 0.012),
    entry(2, "adamw", 0.011),
    entry(3, "momentum", 0.006),
    entry(4, hostileName, 0.002),
  ],
};

const effect = (
  quantity: string,
  values: Pick<ClaimEffect, "holds" | "estimate" | "low" | "high" | "kind">,
) => ({
  quantity,
  level: 0.95,
  method: "Student t",
  ...values,
});

const quadratic = Array.from({ length: 5000 }, (_, k) => k + 1);

/**
 * Three claims, one of each verdict: the first with two charts that share series, the last without any, one
 * series with a hostile name.
 */
export const sampleClaims: ClaimsData = {
  command: "npx steepest claims run --all",
  environment: { node: "v20" },
  claims: [
    {
      name: "first-one",
      title: "The first",
      claim: "Halves are halves.",
      setting: "Halves of numbers.",
      seeds: [1, 2, 3],
      verdict: {
        kind: "holds",
        effects: [
          effect("half", {
            holds: { between: [0.4, 0.6] },
            estimate: 0.5,
            low: 0.45,
            high: 0.55,
            kind: "holds",
          }),
        ],
      },
      figures: [{ name: "time", value: 12.5, unit: "µs", interval: { low: 11, high: 14, level: 0.95 } }],
      charts: [
        {
          title: "Many points",
          x: { label: "steps", log: true },
          y: { label: "square", log: true },
          series: [
            { name: "square", x: quadratic, y: quadratic.map((k) => k ** 2) },
            { name: hostileName, x: quadratic, y: quadratic.map((k) => (k === 7 ? Number.NaN : k)) },
          ],
        },
        {
          title: "Few points",
          x: { label: "n" },
          y: { label: "half" },
          series: [
            { name: "square", x: [0, 10], y: [1, 3], band: { low: [0, 2], high: [2, 4] }, dots: true },
          ],
          rules: [{ value: 2, label: "two" }],
        },
      ],
      tables: [{ title: "A table", columns: ["name", "number"], rows: [["<i>", 0.123456]] }],
      caveat: "At twice the price.",
    },
    {
      name: "second-one",
      title: "The second",
      claim: "One is more than two.",
      setting: "One and two.",
      seeds: [1, 2],
      verdict: {
        kind: "does not hold",
        effects: [
          effect("one", { holds: { above: 2 }, estimate: 1, low: 1, high: 1, kind: "does not hold" }),
        ],
      },
      figures: [],
      charts: [],
      tables: [],
    },
    {
      name: "third-one",
      title: "The third",
      claim: "Noise is small.",
      setting: "Noise.",
      seeds: [1, 2],
      verdict: {
        kind: "inconclusive",
        effects: [
          effect("noise", { holds: { below: 1 }, estimate: 0.5, low: -2, high: 3, kind: "inconclusive" }),
          effect("broken", {
            holds: { below: 1 },
            estimate: Number.NaN,
            low: Number.NaN,
            high: Number.NaN,
            kind: "inconclusive",
          }),
        ],
      },
      figures: [],
      charts: [],
      tables: [],
    },
  ],
};

/** A score of two submissions on two workloads: ratios 1 and 2.5 against none. */
export function sampleScore(): ScoreData {
  const never = Number.POSITIVE_INFINITY;
  const entry = (name: string, rank: number, score: number, ratios: readonly number[]): ScoreEntry => ({
    ...{ name, rank, score, ratios, studies: 5 },
    interval: { low: score - 0.05, high: score + 0.05, level: 0.95 },
    leaveOneOut: {
      studies: [{ left: "study_0", score, rank: 3 - rank }],
      workloads: [{ left: "a", score, rank }],
      submissions: [],
    },
    notDistinguishable: [],
    band: { low: [0.5, 0.5, 0.5], high: [0.5, 1, 1] },
    scoreByTauMax: [0.5, 0.6, score],
  });
  const cell = (
    submission: string,
    workload: string,
    rest: Omit<ScoreCell, "submission" | "workload">,
  ): ScoreCell => ({ submission, workload, ...rest });
  return {
    ...{
      rules: "v0.5",
      mode: "official",
      tuning: "external",
      tauMax: 4,
      taus: [1, 2.5, 4],
      replicates: 20,
      significance: 0.04,
      logs: 4,
    },
    submissions: [entry("first", 1, 0.75, [1, 2.5]), entry(hostileName, 2, 0, [never, Number.NaN])],
    workloads: ["a", "b"].map((name) => ({ name, metric: "validation/loss", direction: "min", target: 0.5 })),
    cells: [
      cell("first", "a", {
        ...{ kind: "solved", seconds: 10, ratio: 1, reason: "the only study: study_0" },
        arrival: {
          reached: 2,
          studies: 3,
          median: { estimate: 10, low: 9, high: never },
          text: "2 of 3 studies reached the target",
        },
      }),
      cell("first", "b", { kind: "solved", seconds: 25, ratio: 2.5, reason: "the only study: study_1" }),
      cell(hostileName, "a", { kind: "4x rule", seconds: 41, ratio: never, reason: "4x rule: 41 s" }),
      cell(hostileName, "b", {
        kind: "missing",
        seconds: Number.NaN,
        ratio: never,
        reason: "missing: no log",
      }),
    ],
    pairs: [
      {
        ...{ first: "first", second: hostileName, difference: 0.75 },
        ...{ pValue: 0.1, distinguishable: false, timesPValue: 0.008 },
      },
    ],
    irregularities: [{ where: "first", text: "1 trial instead of 5" }],
    damage: [{ path: "first/log.csv", line: 3, text: "score is NaN" }],
  };
}
