import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { median, ratio } from "./harness.js";

const held = {
  adamwGigabytes: 30,
  adamwOverTorch: 4,
  share: 1.3,
  stepMilliseconds: 0.75,
  stepOver: { torch: 1.4, "jax-js": 5, tfjs: 25 },
  megabytes: 1,
  overheadMilliseconds: 100,
  twoWorkers: 1.8,
  tokensPerSecond: 14_000,
  overTorchGpt: 1,
  twoThreads: 1.6,
  productShare: 0.9,
};

const significant = (value) => {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toPrecision(3);
};
const range = ({ median: middle, low, high }) =>
  `${significant(middle)} (${significant(low)}-${significant(high)})`;
const spread = (values) => ({ median: median(values), low: Math.min(...values), high: Math.max(...values) });
const microseconds = (seconds) => significant(seconds * 1e6);
const gigabytes = (bytes, { seconds }) => range(spread(seconds.map((value) => bytes / value / 1e9)));
/** Times the least that its traffic takes at AdamW's rate of the same round. */
const shareOf = ({ results, yardstickBytes }, bytes) => {
  const { median: middle, low, high } = ratio(results.get("ours"), results.get("adamw"));
  const scale = yardstickBytes / bytes;
  return { median: scale * middle, low: scale * low, high: scale * high };
};
const yes = (held) => (held ? "held" : "**missed**");

function table(titles, rows) {
  return [
    `| ${titles.join(" | ")} |`,
    `| ${titles.map((_, i) => (i === 0 ? "---" : "---:")).join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");
}

const versions = () => {
  const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
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
  const find = (rule, elements) =>
    updates.find((update) => update.rule === rule && update.elements === elements);
  const sizes = triads.map(({ elements }) => elements);
  const largest = Math.max(...sizes);
  const adamw = find("adamw", largest);
  const adamwRate = median(
    adamw.results.get("ours unchecked").seconds.map((value) => (adamw.bytes * largest) / value / 1e9),
  );
  const fastestTorch = ({ results }) =>
    ["torch", "torch foreach"]
      .map((name) => results.get(name))
      .filter((found) => found !== undefined)
      .toSorted((a, b) => median(a.seconds) - median(b.seconds))[0];
  const peer = fastestTorch(adamw);
  const shares = [
    ...updates
      .filter(({ elements }) => elements === largest)
      .map(({ rule, bytes, results }) => ({
        rule,
        share: median(results.get("ours unchecked").seconds) / ((bytes * largest) / (adamwRate * 1e9)),
      })),
    ...elementwise.map((row) => ({ rule: row.label, share: shareOf(row, row.phases).median })),
  ].toSorted((a, b) => b.share - a.share);
  const [slowest] = shares;
  const within = shares.filter(({ share }) => share <= held.share).length;
  const ours = steps.get("ours");
  const overhead = Math.max(0, 1e3 * (scheduler.one - scheduler.alone));
  const twoWorkers = scheduler.one / scheduler.two;
  const stepMilliseconds = 1e3 * median(ours.seconds);

  const heldRows = [
    [
      "fused AdamW, 1e7 parameters, GB/s of minimum traffic",
      `>= ${held.adamwGigabytes}`,
      significant(adamwRate),
      yes(adamwRate >= held.adamwGigabytes),
    ],
    ...(peer === undefined
      ? []
      : [
          [
            "the same, times as fast as PyTorch's faster form",
            `>= ${held.adamwOverTorch}`,
            range(ratio(peer, adamw.results.get("ours unchecked"))),
            yes(ratio(peer, adamw.results.get("ours unchecked")).median >= held.adamwOverTorch),
          ],
        ]),
    [
      `slowest other rule (${slowest.rule}), times its minimum-traffic time at AdamW's rate`,
      `<= ${held.share}`,
      significant(slowest.share),
      yes(slowest.share <= held.share),
    ],
    [
      `rules within ${held.share} of it, of ${shares.length}`,
      `${shares.length}`,
      `${within}`,
      yes(within === shares.length),
    ],
    [
      "784-100-10 step, batch 128, Adam, ms",
      `<= ${held.stepMilliseconds}`,
      significant(stepMilliseconds),
      yes(stepMilliseconds <= held.stepMilliseconds),
    ],
    ...[...steps]
      .filter(([name]) => name !== "ours")
      .map(([name, result]) => [
        `the same, times as fast as ${name}`,
        `>= ${held.stepOver[name]}`,
        range(ratio(result, ours)),
        yes(ratio(result, ours).median >= held.stepOver[name]),
      ]),
    ...gptRows(gpt, products),
    ...gpt
      .filter(({ held: limit }) => limit !== undefined)
      .map(({ name, held: limit, ours: result }) => [
        `a small GPT's step with ${name}, times one with AdamW`,
        `<= ${limit}`,
        range(ratio(result, gpt[0].ours)),
        yes(ratio(result, gpt[0].ours).median <= limit),
      ]),
    ...allocation.map(({ name, bytes }) => [
      `growth over ${calls.toLocaleString("en")} steps, MB (${name})`,
      `< ${held.megabytes}`,
      (bytes / 1e6).toFixed(3),
      yes(bytes / 1e6 < held.megabytes),
    ]),
    [
      "worker processes, ms a trial beyond its own work",
      `<= ${held.overheadMilliseconds}`,
      significant(overhead),
      yes(overhead <= held.overheadMilliseconds),
    ],
    [
      "two trials at once, times as fast as one",
      `>= ${held.twoWorkers}`,
      significant(twoWorkers),
      yes(twoWorkers >= held.twoWorkers),
    ],
  ];

  return `# Benchmarks

Made by \`npm run bench${quick ? " -- --quick" : ""}\` in ${minutes.toFixed(1)} minutes, never by hand. ${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()}, Node ${process.version}; load average ${load.toFixed(2)} when it began.
Peers: ${versions()}${torch === undefined ? "; no PyTorch here" : `; PyTorch ${torch.version}, whose matrix product reaches ${significant(torch.gigaflops)} GFLOP/s`}.

Every contestant runs in a process of its own on one thread, one at a time, in turn, round after round; each figure is the median over rounds (in brackets the lowest and highest
round), each ratio is taken within a round. All contestants start from the same numbers and must agree on the result before they are timed.

## Held and missed

${table(["what", "to hold", "measured", ""], heldRows)}

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

function rulesTable(elements, updates) {
  const present = (name) => updates.some(({ results }) => results.has(name));
  const others = ["torch", "torch foreach", "jax-js", "tfjs"].filter(present);
  return `### ${elements.toExponential(0)} parameters

${table(
  [
    "rule",
    "bytes a parameter",
    "ours µs",
    "unchecked µs",
    "unchecked GB/s",
    ...others.map((name) => `over ${name}`),
  ],
  updates.map(({ rule, bytes, results }) => {
    const ours = results.get("ours unchecked");
    return [
      rule,
      `${bytes}`,
      microseconds(median(results.get("ours").seconds)),
      microseconds(median(ours.seconds)),
      gigabytes(bytes * elements, ours),
      ...others.map((name) => (results.has(name) ? range(ratio(results.get(name), ours)) : "")),
    ];
  }),
)}`;
}

function elementwiseTable(rows) {
  return table(
    [
      "rule",
      "bytes a parameter",
      "µs",
      "times the least",
      "bytes, pass by pass",
      "times their least",
      "over torch",
      "over torch foreach",
    ],
    rows.map((row) => {
      const ours = row.results.get("ours");
      const twice = row.phases > row.bytes;
      return [
        row.label,
        `${row.bytes}`,
        microseconds(median(ours.seconds)),
        range(shareOf(row, row.bytes)),
        twice ? `${row.phases}` : "",
        twice ? range(shareOf(row, row.phases)) : "",
        ...["torch", "torch foreach"].map((name) =>
          row.results.has(name) ? range(ratio(row.results.get(name), ours)) : "",
        ),
      ];
    }),
  );
}

/** Tokens a second of each round. */
const tokenRate = (tokens, { seconds }) => spread(seconds.map((value) => tokens / value));

/** What of the small GPT and the baby GPT is to hold. */
function gptRows(gpt, products) {
  const [adamw] = gpt;
  const two = gpt.find(({ threads }) => threads === 2);
  const rate = tokenRate(adamw.tokens, adamw.ours).median;
  const speedUp = ratio(adamw.ours, two.ours);
  const whole = products.at(-1);
  const share = ratio(whole.products, whole.passes);
  const overTorch = adamw.torch && ratio(adamw.torch, adamw.ours);
  return [
    [
      "a small GPT's step with AdamW, tokens a second on one thread",
      `>= ${held.tokensPerSecond.toLocaleString("en")}`,
      Math.round(rate).toLocaleString("en"),
      yes(rate >= held.tokensPerSecond),
    ],
    ...(overTorch === undefined
      ? []
      : [
          [
            "the same, times as fast as PyTorch",
            `>= ${held.overTorchGpt}`,
            range(overTorch),
            yes(overTorch.median >= held.overTorchGpt),
          ],
        ]),
    [
      "the same on two threads, times as fast as on one",
      `>= ${held.twoThreads}`,
      range(speedUp),
      yes(speedUp.median >= held.twoThreads),
    ],
    [
      `baby GPT, ${whole.sequences} x 256 tokens: its products' rate, of that of the products alone`,
      `>= ${held.productShare}`,
      range(share),
      yes(share.median >= held.productShare),
    ],
  ];
}

function productsSection(products) {
  return `## A GPT beside its matrix products

nanoGPT's baby GPT (six layers of width 384, six heads, 256 tokens a sequence, 10,745,088 parameters): forward and backward pass of a batch, in turn with the matrix products of the same
shapes alone, on one thread. The share is the rate of multiply-adds within the passes, of that which ONNX Runtime reaches on the products by themselves.

${table(
  ["sequences", "passes, s", "tokens a second", "products alone, s", "share"],
  products.map(({ sequences, tokens, passes, products: alone }) => [
    `${sequences}`,
    range(spread(passes.seconds)),
    range(tokenRate(tokens, passes)),
    range(spread(alone.seconds)),
    range(ratio(alone, passes)),
  ]),
)}`;
}

function gptSection(gpt) {
  const [adamw] = gpt;
  const peers = [...(adamw.torch ? [["PyTorch", adamw.torch]] : []), ...adamw.others];
  const milliseconds = ({ seconds }) => range(spread(seconds.map((value) => 1e3 * value)));
  const inTorch = gpt.some(({ torch }) => torch !== undefined);
  return `## A training step of a small GPT

nanoGPT's configuration for a CPU: four layers of width 128, four heads, 12 x 64 tokens (768 rows), 65 of them in the vocabulary, 804,096 parameters. Forward, backward and the optimizer; a figure
is the mean over ten steps in a row, so that it holds what is computed every tenth step only.${
    inTorch
      ? " PyTorch's versions beside AdamW are ours: plain PyTorch after the originals' algorithms (`contestants/torch_gpt.py`), since the originals are not installed; after ten steps both have the same loss."
      : ""
  }

${table(
  [
    "optimizer",
    "ms a step",
    "times AdamW's step",
    "tokens a second",
    ...(inTorch ? ["PyTorch ms", "PyTorch, times its AdamW's step", "times as fast as PyTorch"] : []),
  ],
  gpt.map(({ name, tokens, ours, torch }) => [
    name,
    milliseconds(ours),
    ours === adamw.ours ? "" : range(ratio(ours, adamw.ours)),
    range(tokenRate(tokens, ours)),
    ...(inTorch && torch === undefined ? ["", "", ""] : []),
    ...(torch === undefined
      ? []
      : [
          milliseconds(torch),
          torch === adamw.torch ? "" : range(ratio(torch, adamw.torch)),
          range(ratio(torch, ours)),
        ]),
  ]),
)}

With AdamW on one thread, beside other libraries that compute the same:

${table(
  ["", "ms a step", "tokens a second", "times slower than ours"],
  [["ours", adamw.ours], ...peers].map(([name, result]) => [
    name,
    milliseconds(result),
    range(tokenRate(adamw.tokens, result)),
    result === adamw.ours ? "" : range(ratio(result, adamw.ours)),
  ]),
)}`;
}
