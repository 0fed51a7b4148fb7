import { SteepestError } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { benchConfigurationSchema } from "./configuration.js";
import { parseYaml } from "./yaml.js";

const parse = (text: string) => parseYaml(text, benchConfigurationSchema, "plan.yaml");

/** The message of the error that a text raises. */
const complaint = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof SteepestError && error.code === "malformed-file") return error.message;
    throw error;
  }
  throw new Error("no error was raised");
};

const good = "name: a\nworkloads: [least-squares]\nsubmissions: [baseline]\n";

describe("a plan in YAML", () => {
  it("gets every default", () => {
    expect(parse(good)).toEqual({
      ...{ name: "a", workloads: ["least-squares"], submissions: ["baseline"] },
      ...{ rules: "external", heldOut: "none", studies: 3, trials: 5, seed: 0, clock: "cpu" },
      ...{ budgets: {}, selfTuningBudget: 1.5, engine: { kind: "local" } },
    });
  });

  it.each([
    [
      "an unknown key",
      `${good}studeis: 3\n`,
      /^plan\.yaml:4:1: unknown key "studeis"\. Did you mean "studies"\?/,
    ],
    [
      "an unknown key of a budget",
      `${good}budgets:\n  least-squares:\n    step: 3\n`,
      /^plan\.yaml:6:5: unknown key "step" in budgets\.least-squares\. Did you mean "steps"\?/,
    ],
    [
      "an unknown key of the engine",
      `${good}engine:\n  kind: slurm\n  partitoin: long\n`,
      /^plan\.yaml:6:3: unknown key "partitoin" in engine\. Did you mean "partition"\?/,
    ],
    [
      "a key of another engine",
      `${good}engine:\n  kind: local\n  partition: long\n`,
      /^plan\.yaml:6:3: unknown key "partition" in engine\. Known: kind, workers$/,
    ],
    [
      "held-out variants that are neither",
      `${good}heldOut: yes\n`,
      /^plan\.yaml:4:10: heldOut is wrong: expected draw, none, or a list of variants/,
    ],
    ["a value of another type", `${good}studies: many\n`, /^plan\.yaml:4:10: studies is wrong/],
    ["a number out of range", `${good}trials: 0\n`, /^plan\.yaml:4:9: trials is wrong/],
    ["a word that is none of those", `${good}clock: sundial\n`, /^plan\.yaml:4:8: clock is wrong.*"steps"/],
    ["a list of none", "name: a\nworkloads: []\nsubmissions: [b]\n", /^plan\.yaml:2:12: workloads is wrong/],
    [
      "an item of a list",
      "name: a\nworkloads: [b, 3]\nsubmissions: [b]\n",
      /^plan\.yaml:2:16: workloads\.1 is/,
    ],
    ["a key that is missing", "name: a\nsubmissions: [b]\n", /workloads is missing/],
    [
      "a key that stands for one that is missing",
      "name: a\nworkload: [b]\nsubmissions: [b]\n",
      /^plan\.yaml:2:1: unknown key "workload"\. Did you mean "workloads"\?/,
    ],
    [
      "a name that leaves the folder",
      `${good.replace("name: a", "name: ../a")}`,
      /^plan\.yaml:1:7: name is wrong/,
    ],
    [
      "a name that is the folder above",
      good.replace("name: a", "name: .."),
      /^plan\.yaml:1:7: name is wrong/,
    ],
    [
      "a key given twice",
      `${good}seed: 1\nseed: 2\n`,
      /^plan\.yaml:5:1: this is not YAML: map keys must be unique/,
    ],
    ["a reference to nothing", `${good}heldOut: [*all]\n`, /^plan\.yaml:4:11: \*all refers to nothing/],
    [
      "a reference that grows without bounds",
      `a: &a [x, x, x, x, x, x, x, x, x]\n${[..."bcdefg"].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdef"[i]}`)}]\n`).join("")}`,
      /^plan\.yaml:7:\d+: its references cannot be replaced by what they stand for: excessive alias count/,
    ],
    ["what is no YAML", `${good}heldOut: [a\n`, /^plan\.yaml:\d+:\d+: this is not YAML: (?!.*at line)/],
    ["an empty file", "", /^plan\.yaml:1:1: /],
    ["a list in place of a plan", "- a\n", /^plan\.yaml:1:1: /],
  ])("says where %s is", (_, text, message) => {
    expect(complaint(text)).toMatch(message);
  });
});
