import { input } from "@steepest/graph";
import { elementCount, SteepestError } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { smallGpt } from "../../test/gptCases.js";
import { initialiseParameters } from "../initialisers.js";
import { type GptOptions, gpt2 } from "./gpt2.js";
import { findGptPreset, gptPresets } from "./gptPresets.js";
import type { Model } from "./model.js";

const parameterCount = ({ parameters }: Model): number =>
  parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

const described = (options: GptOptions): string[] =>
  gpt2(options).parameters.map(({ name, shape, role }) => `${name} [${shape.join(", ")}] ${role}`);

describe("gptPresets", () => {
  it("have the published numbers of parameters, which are never allocated", () => {
    const counts = Object.entries(gptPresets).map(([name, options]) => [name, parameterCount(gpt2(options))]);
    expect(Object.fromEntries(counts)).toEqual({
      "nanogpt-cpu": 804_096,
      "baby-gpt": 10_745_088,
      gpt2: 124_439_808,
      "gpt2-medium": 354_823_168,
      "gpt2-large": 774_030_080,
      "gpt2-xl": 1_557_611_200,
    });
  });

  it("are found by their names, with the nearest one where there is none", () => {
    expect(findGptPreset("gpt2-xl")).toBe(gptPresets["gpt2-xl"]);
    expect(() => findGptPreset("nanogpt-gpu")).toThrow(/Did you mean "?nanogpt-cpu/);
    expect(() => findGptPreset("toString")).toThrow(SteepestError);
  });
});

describe("gpt2", () => {
  it("has GPT-2's names and the roles of their places", () => {
    expect(described({ ...smallGpt, layers: 1, head: "own" })).toEqual([
      "wte.weight [7, 8] embedding",
      "wpe.weight [5, 8] embedding",
      "h.0.ln_1.weight [8] norm",
      "h.0.ln_1.bias [8] norm",
      "h.0.attn.c_attn.weight [24, 8] hiddenMatrix",
      "h.0.attn.c_attn.bias [24] bias",
      "h.0.attn.c_proj.weight [8, 8] hiddenMatrix",
      "h.0.attn.c_proj.bias [8] bias",
      "h.0.ln_2.weight [8] norm",
      "h.0.ln_2.bias [8] norm",
      "h.0.mlp.c_fc.weight [32, 8] hiddenMatrix",
      "h.0.mlp.c_fc.bias [32] bias",
      "h.0.mlp.c_proj.weight [8, 32] hiddenMatrix",
      "h.0.mlp.c_proj.bias [8] bias",
      "ln_f.weight [8] norm",
      "ln_f.bias [8] norm",
      "lm_head.weight [7, 8] head",
    ]);
  });

  it("has the parameters that its options ask for", () => {
    const modern: GptOptions = {
      ...{ ...smallGpt, layers: 1, bias: false, normalisation: "rmsNorm" },
      ...{ positions: "rotary", qkNormalisation: true, network: "swiglu" },
    };
    expect(described(modern)).toEqual([
      "wte.weight [7, 8] embedding",
      "h.0.ln_1.weight [8] norm",
      "h.0.attn.c_attn.weight [24, 8] hiddenMatrix",
      "h.0.attn.c_proj.weight [8, 8] hiddenMatrix",
      "h.0.ln_2.weight [8] norm",
      "h.0.mlp.c_fc.weight [48, 8] hiddenMatrix",
      "h.0.mlp.c_proj.weight [8, 24] hiddenMatrix",
      "ln_f.weight [8] norm",
    ]);
    expect(described({ ...modern, hidden: 5 })).toContain("h.0.mlp.c_fc.weight [10, 8] hiddenMatrix");
    expect(described({ ...smallGpt, normalisation: "rmsNorm" })).not.toContain("ln_f.bias [8] norm");
  });

  it("begins at GPT-2's deviations, smaller where it writes to the residual stream", () => {
    const { parameters } = gpt2({ layers: 8, heads: 1, width: 64, context: 64, vocabulary: 65 });
    const values = new Map(
      parameters.map(({ name, shape }) => [name, new Float64Array(elementCount(shape))] as const),
    );
    initialiseParameters(parameters, 0, (name) => values.get(name) ?? expect.unreachable(name));
    const deviation = (name: string) => {
      const array = values.get(name) ?? expect.unreachable(name);
      return Math.sqrt(array.reduce((sum, value) => sum + value ** 2, 0) / array.length);
    };
    for (const name of ["wte.weight", "h.0.attn.c_attn.weight", "h.7.mlp.c_fc.weight"])
      expect(deviation(name) / 0.02).toBeCloseTo(1, 1);
    for (const name of ["h.0.attn.c_proj.weight", "h.7.mlp.c_proj.weight"])
      expect(deviation(name) / 0.005).toBeCloseTo(1, 1);
  });

  it("refuses sizes that do not fit, and sequences longer than its context", () => {
    expect(() => gpt2({ ...smallGpt, heads: 3 })).toThrow(SteepestError);
    expect(() => gpt2({ ...smallGpt, layers: 0 })).toThrow(/layers/);
    expect(() => gpt2({ ...smallGpt, hidden: 2.5 })).toThrow(/hidden to be a positive integer, found 2\.5/);
    expect(() => gpt2({ ...smallGpt, width: 6, positions: "rotary" })).toThrow(/heads of 3 elements/);
    for (const logitCap of [0, -1, Number.POSITIVE_INFINITY, Number.NaN])
      expect(() => gpt2({ ...smallGpt, logitCap })).toThrow(/logitCap to be a positive number/);
    expect(() => gpt2({ ...smallGpt, dropout: 1 })).toThrow(/rate in \[0, 1\)/);
    expect(() => gpt2(smallGpt).apply(input("tokens", [1, 6], "int32"), { training: false })).toThrow(
      /context of 5/,
    );
  });

  it("refuses kinds that there are not, with the nearest one", () => {
    // As a caller without types, or a file, may ask.
    const refuses = (options: object, message: RegExp) =>
      expect(() => gpt2(Object.assign({}, smallGpt, options))).toThrow(message);
    refuses({ normalisation: "rmsnorm" }, /normalisation "rmsnorm".*rmsNorm/);
    refuses({ network: "swiglue" }, /network "swiglue".*swiglu/);
    refuses({ positions: "rotarry" }, /positions "rotarry".*rotary/);
    refuses({ head: "tie" }, /head "tie".*tied/);
  });
});
