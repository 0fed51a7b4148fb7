import { predictMemory } from "@steepest/graph";
import { exactTerm } from "../term.js";
import type { PlannedAlgebra } from "./algebra.js";
import {
  copiesTerm,
  fragmentationTerm,
  type MeasuredPart,
  type PredictedTerm,
  type StepGraph,
  sessionTerm,
} from "./predictedTerm.js";

/** What an optimizer's linear algebra works in, beside the arena. */
export async function algebraTerms(planned: PlannedAlgebra | undefined): Promise<readonly PredictedTerm[]> {
  if (planned === undefined) return [];
  const graphs: StepGraph[] = [];
  for (const graph of planned.graphs)
    graphs.push({ nodes: graph.nodeCount, ...(await predictMemory(graph)) });
  const sum = (of: (graph: StepGraph) => number) => graphs.reduce((bytes, graph) => bytes + of(graph), 0);
  const exact = (
    part: MeasuredPart,
    name: string,
    bytes: number,
    [formula, source]: readonly [formula: string, source: string],
  ): PredictedTerm => ({
    ...exactTerm({ name: `linear algebra: ${name}`, category: "temporary", bytes, formula, source }),
    part,
  });
  const terms: readonly PredictedTerm[] = [
    {
      ...exact("kernels", "kernels", planned.kernels, [
        "the largest operation's panels",
        "WebAssembly memory as planned",
      ]),
      // Kernels that only stand in where a graph could overflow leave theirs untouched.
      low: 0,
    },
    exact(
      "algebraRuns",
      "workspace of graphs",
      sum(({ peakBytes }) => peakBytes),
      ["the sum over graphs, each its own arena", "liveness of the graphs"],
    ),
    {
      ...fragmentationTerm(
        sum(({ peakBytes }) => peakBytes),
        0,
        "algebraRuns",
      ),
      name: "linear algebra: fragmentation",
    },
    exact("algebraGraphs", "constants of graphs", 2 * sum(({ constants }) => constants), [
      "8 B an element",
      "graphs keep their constants in float64, beside the sessions' own",
    ]),
    {
      ...exact(
        "algebraGraphs",
        "models",
        planned.graphs.reduce((bytes, { onnx }) => bytes + onnx.byteLength, 0),
        ["the graphs serialised", "garbage once the sessions have read them"],
      ),
      low: 0,
    },
    {
      ...sessionTerm({ nodes: sum(({ nodes }) => nodes), constants: sum(({ constants }) => constants) }),
      ...{ name: "linear algebra: sessions", part: "algebraSessions" },
      // A few small nodes find room in what the C library has free, and nothing is seen of them.
      low: 0,
    },
    {
      ...copiesTerm(
        sum(({ outputs }) => outputs),
        1,
      ),
      ...{ name: "linear algebra: copies of outputs", part: "algebraCopies" },
    },
  ];
  return terms.filter(({ bytes }) => bytes > 0);
}
