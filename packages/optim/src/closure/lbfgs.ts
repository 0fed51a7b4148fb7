import type { Values } from "../backends/backend.js";
import { choice, count, decayRate, nonNegative } from "../language/hyper.js";
import { strongWolfe } from "../lineSearch/wolfe.js";
import { type DescentMemory, defineDescent } from "./descent.js";
import type { StepRun } from "./method.js";
import { moveTo, type Ray, searchAlong } from "./searchAlong.js";
import { addScaled, dot, largest, setScaled, sumOfSizes } from "./vector.js";

/** A pair is remembered where ⟨y, s⟩ exceeds this, as in torch: the approximation stays positive definite. */
const leastCurvature = 1e-10;

const displacement = (place: number): string => `displacement${place}`;
const change = (place: number): string => `change${place}`;
const curvature = (place: number): string => `curvature${place}`;

/** L-BFGS in torch's order of operations; a step makes one iteration, or several of the same objective. */
export const lbfgs = defineDescent({
  name: "lbfgs",
  title: "L-BFGS",
  summary: "a quasi-Newton direction from the last few displacements and changes of the gradient",
  cite: {
    authors: "Liu, Nocedal",
    year: 1989,
    title: "On the limited memory BFGS method for large scale optimization",
    url: "https://doi.org/10.1007/BF01589116",
  },
  hyper: {
    lr: nonNegative(1, "\\alpha", "the first step tried, or the step where none is searched for"),
    historySize: count(10, "m", "pairs remembered"),
    maximumIterations: count(1, "N", "iterations a step, at most"),
    maximumEvaluations: nonNegative(0, "E", "evaluations a step that end it; 0: five in four iterations"),
    gradientTolerance: nonNegative(1e-7, "\\epsilon_g", "no step is made where no slope is larger"),
    changeTolerance: nonNegative(1e-9, "\\delta", "a step ends when neither loss nor parameters change more"),
    sufficientDecrease: decayRate(1e-4, "c_1", "part of the slope that a search must gain"),
    curvature: decayRate(0.9, "c_2", "part of the slope that a search may leave"),
    maximumTrials: count(25, "M", "trials of a search after the first, at most"),
  },
  options: {
    lineSearch: choice(["strong-wolfe", "none"], "how the size of a step is found; none: it is lr"),
  },
  presets: {
    torch: {
      values: {
        lr: 1,
        historySize: 100,
        maximumIterations: 20,
        maximumEvaluations: 0,
        gradientTolerance: 1e-7,
        changeTolerance: 1e-9,
        lineSearch: "none",
      },
      arguments: {
        lr: "lr",
        max_iter: "maximumIterations",
        max_eval: { name: "maximumEvaluations", enables: {} },
        tolerance_grad: "gradientTolerance",
        tolerance_change: "changeTolerance",
        history_size: "historySize",
        line_search_fn: {
          values: { strong_wolfe: { lineSearch: "strong-wolfe" }, null: { lineSearch: "none" } },
        },
      },
    },
  },
  latex: [
    "s_i &= x_i - x_{i-1}, \\quad y_i = g_{i+1} - g_i, \\quad \\rho_i = 1 / \\langle y_i, s_i \\rangle",
    "H_k &= (I - \\rho_i s_i y_i^\\top) H_{k-1} (I - \\rho_i y_i s_i^\\top) + \\rho_i s_i s_i^\\top \\quad \\text{from } \\tfrac{\\langle y, s \\rangle}{\\langle y, y \\rangle} I \\text{ over the last } m",
    "x_k &= x_{k-1} - t_k H_k g_k",
  ],
  plainFormula: [
    "s = the last m displacements of x, y = the changes of g along them",
    "H = ⟨y, s⟩/⟨y, y⟩·I of the newest pair, updated by (I − s·yᵀ/⟨y, s⟩)·H·(I − y·sᵀ/⟨y, s⟩) + s·sᵀ/⟨y, s⟩ pair by pair",
    "t = α, or the step that a strong Wolfe search finds from there",
    "x ← x − t·H·g",
  ],
  conflict: ({ sufficientDecrease, curvature: left }) =>
    sufficientDecrease < left ? undefined : "sufficientDecrease < curvature",
  idle: ({ lineSearch }) =>
    lineSearch === "none" ? ["sufficientDecrease", "curvature", "maximumTrials"] : [],
  state: ({ historySize }) => {
    const places = Array.from({ length: historySize }, (_, place) => place);
    return {
      saved: [
        "direction",
        "lastGradient",
        ...places.flatMap((place) => [displacement(place), change(place)]),
      ],
      scratch: ["start", "keptGradient"],
      numbers: {
        iterations: 0,
        lastStep: 0,
        pairs: 0,
        scale: 1,
        ...Object.fromEntries(places.map((place) => [curvature(place), 0])),
      },
    };
  },
  *step(memory, hyper, { lineSearch }): StepRun {
    const { x, g, vector, numbers, checkFinite } = memory;
    const ray: Ray = { x, g, start: vector("start"), direction: vector("direction") };
    const { lr, maximumIterations, changeTolerance } = hyper;
    const mostEvaluations = hyper.maximumEvaluations || Math.floor((5 * maximumIterations) / 4);
    let loss = yield undefined;
    checkFinite(loss, "where the step begins");
    const beginning = { loss, skipped: 0, gradientNorm: Math.sqrt(dot(g, g)) };
    let [applied, satisfied, evaluations, taken] = [false, true, 1, 0];

    for (let iteration = 1; largest(g) > hyper.gradientTolerance; iteration++) {
      const first = numberOf(numbers, "iterations") === 0;
      if (!first) remember(memory, hyper.historySize);
      direct(memory, hyper.historySize);
      vector("lastGradient").set(g);
      // Until the step is made there is no displacement to remember.
      numbers.lastStep = 0;
      const slope = dot(g, ray.direction);
      const before = loss;
      const guess = first ? Math.min(1, 1 / sumOfSizes(g)) * lr : lr;
      if (slope > -changeTolerance || guess === 0) break;
      ray.start.set(x);
      if (lineSearch === "none") {
        taken = guess;
        moveTo(ray, taken);
        // Not after the last iteration: another mini-batch would follow.
        if (iteration < maximumIterations) {
          loss = yield* evaluated(memory, ray);
          evaluations++;
        }
      } else {
        const directionSize = largest(ray.direction);
        const search = strongWolfe(
          { value: loss, slope, guess, directionSize },
          { ...hyper, maximumIterations: hyper.maximumTrials, smallestChange: changeTolerance },
        );
        const found = yield* searchAlong(ray, search, vector("keptGradient"));
        evaluations += found.evaluations;
        ({ step: taken, satisfied } = found);
        if (found.loss === undefined) {
          // The model of the curvature led nowhere: the next step begins with the gradient again.
          g.set(vector("lastGradient"));
          numbers.pairs = 0;
          numbers.iterations = 0;
          break;
        }
        loss = found.loss;
      }
      applied = true;
      numbers.iterations = numberOf(numbers, "iterations") + 1;
      numbers.lastStep = taken;
      if (iteration >= maximumIterations || evaluations >= mostEvaluations) break;
      if (largest(ray.direction) * taken <= changeTolerance || Math.abs(loss - before) < changeTolerance)
        break;
    }
    return { ...beginning, applied, stepSize: taken, satisfied, evaluations };
  },
});

/** Evaluates at x; where that is not finite or throws, x goes back to where the iteration began. */
function* evaluated({ x, checkFinite }: DescentMemory, { start }: Ray): Generator<undefined, number, number> {
  try {
    const loss = yield undefined;
    checkFinite(loss, "after an iteration with a fixed step");
    return loss;
  } catch (error) {
    x.set(start);
    throw error;
  }
}

const numberOf = (numbers: Readonly<Record<string, number>>, name: string): number =>
  numbers[name] ?? Number.NaN;

/**
 * Remembers the last displacement and the change of the gradient along it in place of the oldest pair, where
 * the objective curves upwards.
 */
function remember({ g, vector, numbers }: DescentMemory, historySize: number): void {
  const [direction, lastGradient] = [vector("direction"), vector("lastGradient")];
  const step = numberOf(numbers, "lastStep");
  let [alongStep, squared] = [0, 0];
  for (let i = 0; i < g.length; i++) {
    const y = (g[i] ?? 0) - (lastGradient[i] ?? 0);
    alongStep += y * (step * (direction[i] ?? 0));
    squared += y * y;
  }
  if (!(alongStep > leastCurvature)) return;
  const pairs = numberOf(numbers, "pairs");
  const place = pairs % historySize;
  const y = vector(change(place));
  for (let i = 0; i < g.length; i++) y[i] = (g[i] ?? 0) - (lastGradient[i] ?? 0);
  setScaled(vector(displacement(place)), step, direction);
  numbers[curvature(place)] = alongStep;
  numbers.pairs = pairs + 1;
  numbers.scale = alongStep / squared;
}

/** direction = −H g by the two-loop recursion over the pairs, newest first and back (Nocedal 1980). */
function direct({ g, vector, numbers }: DescentMemory, historySize: number): void {
  const direction = vector("direction");
  setScaled(direction, -1, g);
  const pairs = numberOf(numbers, "pairs");
  const oldest = Math.max(0, pairs - historySize);
  if (pairs === 0) return;
  const weights = new Float64Array(historySize);
  const pair = (index: number): readonly [place: number, s: Values, y: Values, curved: number] => {
    const place = index % historySize;
    return [place, vector(displacement(place)), vector(change(place)), numberOf(numbers, curvature(place))];
  };
  for (let index = pairs - 1; index >= oldest; index--) {
    const [place, s, y, curved] = pair(index);
    const weight = dot(s, direction) / curved;
    weights[place] = weight;
    addScaled(direction, -weight, y);
  }
  setScaled(direction, numberOf(numbers, "scale"), direction);
  for (let index = oldest; index < pairs; index++) {
    const [place, s, y, curved] = pair(index);
    addScaled(direction, (weights[place] ?? 0) - dot(y, direction) / curved, s);
  }
}
