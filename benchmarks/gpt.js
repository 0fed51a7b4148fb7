import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gptBytes, gptWork } from "./contestants/gpt.js";
import { interleave, nodeContestant, requireAgreement, torchContestant } from "./harness.js";

/** Steps of a call: the period of what is refreshed. */
const period = 10;

const adamw = "adamw:lr=0.001,weightDecay=0.01";

/**
 * Ours by specification; `method` names the PyTorch version where there is one; `held` the ratio to AdamW's
 * step.
 */
const entries = [
  { name: "AdamW", optimizer: adamw, method: "adamw" },
  { name: "AdamW on two threads", optimizer: adamw, threads: 2 },
  { name: "Muon", optimizer: "muon:lr=0.02", method: "muon", held: 1.25 },
  {
    ...{ name: "Distributed Shampoo, frequency 10, blocks of 128", method: "distributed-shampoo", held: 1.3 },
    optimizer: "distributed-shampoo:lr=0.001,frequency=10,blockSize=128,grafting=adam",
  },
  {
    ...{ name: "SOAP, frequency 10", method: "soap", held: 1.6 },
    optimizer: "soap:lr=0.001,frequency=10",
    // The first gradients leave eigenvectors of eigenvalue 0, of which any basis will do: each implementation
    // has its own.
    tolerance: 0.01,
  },
  { name: "CASPR", optimizer: "caspr:lr=0.001" },
  { name: "Adafactor", optimizer: "adafactor" },
];

/** Other libraries in JavaScript, which take part with AdamW. */
const libraries = [
  ["jax-js", "jax.js"],
  ["tfjs", "tfjs.js"],
];

/** Learning rates of the PyTorch versions, those of ours. */
const learningRates = { adamw: 0.001, muon: 0.02, "distributed-shampoo": 0.001, soap: 0.001 };

/**
 * Whole training steps of a small GPT with each optimizer, all contestants in turn: for each entry the
 * seconds of a step of ours and of PyTorch's.
 */
export async function measureGpt(folder, effort) {
  const file = join(folder, "gpt.f32");
  writeFileSync(file, gptBytes());
  const work = { ...gptWork(file), period };
  const contestants = [];
  try {
    for (const { name, optimizer, method, threads = 1 } of entries) {
      const task = { ...work, optimizer, threads };
      contestants.push({ name, contestant: nodeContestant(`ours ${name}`, "ours.js"), task });
      const torch = method === undefined ? undefined : await torchContestant(`torch ${name}`);
      if (optimizer === adamw && threads === 1) {
        const peer = { ...work, method, learningRate: learningRates[method] };
        for (const [label, file] of libraries)
          contestants.push({ name: `${label} ${name}`, contestant: nodeContestant(label, file), task: peer });
      }
      if (torch !== undefined) {
        const peer = { ...work, method, learningRate: learningRates[method] };
        contestants.push({ name: `torch ${name}`, contestant: torch, task: peer });
      }
    }
    const results = await interleave(contestants, effort);
    for (const { name, tolerance = 1e-5 } of entries) {
      const names = ["", "torch ", ...libraries.map(([label]) => `${label} `)].map((label) => label + name);
      const same = [...results].filter(([each]) => names.includes(each));
      requireAgreement(new Map(same), `the GPT's loss after ${period} steps of ${name}`, tolerance);
    }
    for (const { seconds } of results.values()) for (const i of seconds.keys()) seconds[i] /= period;
    return entries.map(({ name, held, threads }) => ({
      ...{ name, held, threads, tokens: work.tokens.length, ours: results.get(name) },
      torch: results.get(`torch ${name}`),
      others: new Map(
        libraries.flatMap(([label]) => {
          const found = results.get(`${label} ${name}`);
          return found === undefined ? [] : [[label, found]];
        }),
      ),
    }));
  } finally {
    for (const { contestant } of contestants) contestant.close();
  }
}

/** nanoGPT's baby GPT (10,745,088 parameters), and the sequences of a batch: all at once, and in parts. */
const baby = { layers: 6, heads: 6, width: 384, context: 256, vocabulary: 65, bias: false };

/**
 * Forward and backward pass of the baby GPT in turn with its matrix products alone: for each number of
 * sequences the seconds of both.
 */
export async function measureGptProducts(sequences, effort) {
  const rows = [];
  for (const count of sequences) {
    const [passes, products] = [nodeContestant("passes", "ours.js"), nodeContestant("products", "ours.js")];
    try {
      const work = { sizes: baby, sequences: count };
      const results = await interleave(
        [
          { name: "passes", contestant: passes, task: { ...work, kind: "gpt passes" } },
          { name: "products", contestant: products, task: { ...work, kind: "gpt products" } },
        ],
        effort,
      );
      const [ofPasses, ofProducts] = [results.get("passes"), results.get("products")];
      rows.push({ sequences: count, tokens: count * baby.context, passes: ofPasses, products: ofProducts });
    } finally {
      passes.close();
      products.close();
    }
  }
  return rows;
}
