import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { ratio } from "../harness.js";
import { gigabytes, range, significant, spread, table } from "./format.js";
import { gptSection, productsSection } from "./gpt.js";
import { heldRows } from "./held.js";
import { elementwiseTable, rulesTable } from "./updates.js";

const versions = () => {
  const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return Object.entries(dependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
};

/** The Markdown page of a whole run. */
export function resultsPage({
  triads,
  updates,
  elementwise,
  steps,
  gpt,
  products,
  workload,
  allocation,
  scheduler,
  scoring,
  calls,
  quick,
  load,
  torch,
  minutes,
}) {
  const triadBytes = 12;
  const sizes = triads.map(({ elements }) => elements);
  const largest = Math.max(...sizes);
  const ours = steps.get("ours");
  return `# Benchmarks

Made by \`npm run bench${quick ? " -- --quick" : ""}\` in ${minutes.toFixed(1)} minutes, never by hand. ${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()}, Node ${process.version}; load average ${load.toFixed(2)} when it began.
Peers: ${versions()}${torch === undefined ? "; no PyTorch here" : `; PyTorch ${torch.version}, whose matrix product reaches ${significant(torch.gigaflops)} GFLOP/s`}.

Every contestant runs in a process of its own on one thread, one at a time, in turn, round after round; each figure is the median over rounds (in brackets the lowest and highest
round), each ratio is taken within a round. All contestants start from the same numbers and must agree on the result before they are timed.

## Held and missed

${table(["what", "to hold", "measured", ""], heldRows({ largest, updates, elementwise, steps, gpt, products, allocation, scheduler, calls }))}

## Memory bandwidth of one thread

The triad a = b + s c over float32 reads two arrays and writes one: 12 bytes an element. In place, a = a + s c, it moves the same bytes, but the line that is
written has been read already, as in every update rule: that is their yardstick.

${table(
  ["elements", "WebAssembly, in place, GB/s", "WebAssembly GB/s", "JavaScript GB/s"],
  triads.map(({ elements, forms }) => [
    elements.toExponential(0),
    ...["in place", "WebAssembly", "JavaScript"].map((form) => gigabytes(triadBytes * elements, forms[form])),
  ]),
)}

## Update rules

Minimum traffic: parameter and gradient are read, the parameter is written, every state slot is read and written. "ours" looks for NaN and infinities in the gradient before it changes
anything, which PyTorch does not; "unchecked" (\`nonFinite: "ignore"\`) does the same work as PyTorch. Ratios are times as fast as PyTorch, one tensor of all parameters, its plain and its \`foreach\` form.

${sizes
  .map((elements) =>
    rulesTable(
      elements,
      updates.filter((update) => update.elements === elements),
    ),
  )
  .join("\n\n")}

### The other rules, ${largest.toExponential(0)} parameters

Unchecked, in their default form, each in turn with AdamW. The least time is that of the bytes at AdamW's rate in the same round. Where a sum over a parameter must be known before the step
can be made, arrays larger than the caches pass twice: the bytes of both passes, and the time over theirs, stand beside. Every parameter here is one of ${largest.toExponential(0)} elements; those
that fit the caches pass once.

${elementwiseTable(elementwise)}

## A training step of the 784-100-10 network

79,510 parameters, batch 128: forward, backward and Adam, the loss read at every step.

${table(
  ["", "ms a step", "times slower than ours"],
  [...steps].map(([name, result]) => [
    name,
    range(spread(result.seconds.map((value) => 1e3 * value))),
    name === "ours" ? "" : range(ratio(result, ours)),
  ]),
)}

With another mini-batch gathered from the data set at every step, as \`steepest train fashion-mnist\` does it, ours takes ${range(spread(workload.seconds.map((value) => 1e3 * value)))} ms.

${gptSection(gpt)}

${productsSection(products)}

## Steady state

Heap and external memory after collection, before and after ${calls.toLocaleString("en")} steps of ours.

${table(
  ["what", "growth in bytes"],
  allocation.map(({ name, bytes }) => [name, bytes.toLocaleString("en")]),
)}

## Worker processes

A trial of 390 steps and the evaluations at its end takes ${significant(1e3 * scheduler.alone)} ms in this process, ${significant(1e3 * scheduler.one)} ms in a pool of one worker, and with two
workers one ends every ${significant(1e3 * scheduler.two)} ms.
${scoring === undefined ? "" : scoringSection(scoring)}`;
}

const scoringSection = ({ logs, first, again, bootstrap, megabytes }) => `
## Scoring AlgoPerf's logs

${table(
  ["what", "hold", "measured"],
  [
    [
      `reading and scoring ${logs.toLocaleString("en")} logs, the first time`,
      "<= 3 s",
      `${significant(first)} s`,
    ],
    ["again in the same process (the official scorer: 19 s)", "<= 1 s", `${significant(again)} s`],
    ["2,000 bootstrap replicates on top", "<= 5 s", `${significant(bootstrap)} s`],
    ["largest memory of the process", "<= 400 MB", `${significant(megabytes)} MB`],
  ],
)}
`;
