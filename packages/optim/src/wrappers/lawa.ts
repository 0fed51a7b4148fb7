import {
  add,
  div,
  type Expression,
  ema,
  floor,
  mod,
  type Operand,
  select,
  sub,
} from "../language/expression.js";
import { choice, count, decayRate } from "../language/hyper.js";
import type { Citation } from "../language/rule.js";
import { defineWrapper } from "./wrapper.js";

/*
 * Latest weight averaging: now and then a copy of the weights is taken, and one evaluates with an average of
 * the copies; training does not notice. AlgoPerf's submissions take copies from step 0.02·T on, every 0.002·T
 * steps (queue) or 0.005·T (EMA) of a run of T steps.
 */

const cite: Citation = {
  authors: "Kaddour",
  year: 2022,
  title: "Stop Wasting My Time! Saving Days of ImageNet and BERT Training with Latest Weight Averaging",
  url: "https://arxiv.org/abs/2209.14981",
};

const copying = {
  averageStart: count(200, "s", "steps before the first copy of the weights"),
  averagePeriod: count(20, "p", "steps between two copies"),
} as const;

/** Whether the weights after step k are copied: steps are counted from 0 there. */
const isDue = ({
  k,
  averageStart,
  averagePeriod,
}: Readonly<Record<"k" | keyof typeof copying, Expression>>): Expression => {
  const since = sub(sub(k, 1), averageStart);
  return select(since, "greaterEqual", 0, select(mod(since, averagePeriod), "equal", 0, 1, 0), 0);
};

const copySlots = [
  ...(["copy1", "copy2", "copy3", "copy4", "copy5"] as const),
  ...(["copy6", "copy7", "copy8", "copy9", "copy10"] as const),
];
type CopySlot = (typeof copySlots)[number];

function record(
  slots: readonly CopySlot[],
  value: (index: number) => Operand,
): Readonly<Partial<Record<CopySlot, Operand>>> {
  const made: Partial<Record<CopySlot, Operand>> = {};
  for (const [index, slot] of slots.entries()) made[slot] = value(index);
  return made;
}

/** Evaluates with the mean of the latest copies, once there are enough of them. */
export const lawaQueue = defineWrapper({
  name: "lawa-queue",
  title: "LAWA (queue)",
  summary: "trains as another rule does and evaluates with the mean of its latest copies of the weights",
  cite,
  hyper: copying,
  options: {
    copies: choice(["10", "3"], "how many copies are averaged; each takes as much room as the parameters"),
  },
  body: (rule, base, { copies }) => {
    const slots = copySlots.slice(0, Number(copies));
    return rule
      .extend(base, {
        state: record(slots, () => 0),
        carried: { copied: 0 },
        evaluation: (variables) => {
          const sum = slots.map((slot) => variables[slot]).reduce((left, right) => add(left, right));
          return select(variables.copied, "greaterEqual", slots.length, div(sum, slots.length), variables.x);
        },
      })
      .phase({
        when: isDue,
        // The oldest copy leaves, the weights come last.
        update: (variables) =>
          record(slots, (index) => {
            const next = slots[index + 1];
            return variables[next ?? "x"];
          }),
        carry: ({ copied }) => ({ copied: add(copied, 1) }),
      });
  },
});

/** Evaluates with a moving average of the copies. */
export const lawaEma = defineWrapper({
  name: "lawa-ema",
  title: "LAWA (EMA)",
  summary: "trains as another rule does and evaluates with a moving average of copies of its weights",
  cite,
  hyper: {
    averageStart: copying.averageStart,
    averagePeriod: count(50, "p", "steps between two copies"),
    averageDecay: decayRate(
      0.2,
      "\\beta_x",
      "decay of the average of copies, which begins at the first copy",
    ),
  },
  options: {
    averageDecayAs: choice(
      ["intended", "published"],
      "the decay as given, or its integer part, which is 0, as AlgoPerf's published submission computed: no averaging",
    ),
  },
  symbols: { average: "\\bar x" },
  body: (rule, base, { averageDecayAs }) =>
    rule
      .extend(base, {
        state: { average: 0 },
        carried: { copied: 0 },
        evaluation: ({ x, average, copied }) => select(copied, "greater", 0, average, x),
      })
      .phase({
        when: isDue,
        update: ({ x, average, averageDecay, copied }) => {
          const decay = averageDecayAs === "published" ? floor(averageDecay) : averageDecay;
          return { average: select(copied, "equal", 0, x, ema(average, x, decay)) };
        },
        carry: ({ copied }) => ({ copied: add(copied, 1) }),
      }),
});
