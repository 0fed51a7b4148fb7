import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { adamw } from "../../rules/adamw.js";
import { createRuleOptimizer } from "../optimizer.js";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const bytesInUse = () => {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

it("10,000 steps grow heap and external memory by less than 1 MB", () => {
  const optimizer = createRuleOptimizer(
    { rule: adamw },
    [
      { name: "weight", shape: [100, 30], role: "hiddenMatrix" },
      { name: "bias", shape: [30], role: "bias" },
    ],
    {
      clip: { globalNorm: 1, value: 0.5 },
      accumulate: 2,
      groups: [{ roles: ["bias"] }],
      schedule: (k) => 1 / k,
    },
  );
  const run = (steps: number) => {
    for (let step = 0; step < steps; step++) {
      optimizer.gradient("weight").fill(step % 7);
      optimizer.step();
    }
  };
  run(1000);
  const before = bytesInUse();
  run(10_000);
  expect(bytesInUse() - before).toBeLessThan(1e6);
});
