import { median, ratio } from "../harness.js";
import { range, significant, tokenRate } from "./format.js";
import { shareOf } from "./updates.js";

/** What is to hold. */
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

const yes = (held) => (held ? "held" : "**missed**");

/** A row for all that is to hold: what it is, the bound, the measured figure, and whether it holds. */
export function heldRows({
  largest,
  updates,
  elementwise,
  steps,
  gpt,
  products,
  allocation,
  scheduler,
  calls,
}) {
  const find = (rule, elements) =>
    updates.find((update) => update.rule === rule && update.elements === elements);
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

  return [
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
}

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
