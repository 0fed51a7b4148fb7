import { optimizerOf, registry } from "@steepest/optim";
import { displayWidth } from "@steepest/report";
import { describe, expect, it } from "vitest";
import { describeOptimizer, optimizerTable } from "../src/commands/optimizers/text.js";
import { typed } from "./typed.js";

describe("steepest optimizers", () => {
  it("lists every optimizer of the registry in one line with --wide", async () => {
    const { code, stdout } = await typed("optimizers", "--wide");
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    for (const { name, plainFormula } of registry) {
      const line = lines.find((candidate) => candidate.startsWith(`${name} `));
      expect(line).toContain(plainFormula().join("; "));
    }
    expect(stdout).toMatch(/^momentum +b ← β·b \+ g; x ← x − α·b +4 +Polyak 1964$/m);
    expect(stdout).toMatch(/^amsgrad .* 12 +Reddi et al. 2018$/m);
  });

  it("is at most 120 columns wide where there is no terminal", async () => {
    const { stdout } = await typed("optimizers");
    for (const line of stdout.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(120);
  });

  it.each([70, 80, 100, 140])("says everything of at least 45 in a terminal of %d columns", (width) => {
    const table = optimizerTable(registry, width);
    for (const line of table.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(registry.length).toBeGreaterThanOrEqual(45);
    const rows = table.split(/\n(?=\S)/);
    const spaceless = (text: string): string => text.replace(/\s/g, "");
    for (const { name, plainFormula, cite, stateBytesPerParameter, kind } of registry) {
      const row = rows.find((candidate) => candidate.startsWith(`${name} `)) ?? "";
      expect(row).toContain(String(cite.year));
      expect(row).toMatch(kind === "matrix" ? /\d\*/ : new RegExp(` ${stateBytesPerParameter()}\\b`));
      // The first equation's first lines stand beside the state and the reference.
      for (const equation of plainFormula().slice(1))
        if (displayWidth(equation) < 30) expect(spaceless(row), name).toContain(spaceless(equation));
    }
    expect(table).not.toContain("…");
  });

  it("says of state what it depends on", () => {
    const stateOf = (name: string, options = {}): string =>
      describeOptimizer(optimizerOf({ name, options }), { options }).split("State\n")[1] ?? "";
    expect(stateOf("shampoo")).toMatch(/8 bytes .* of a 256x256 matrix.*\n.*does not take .* RMSProp/);
    expect(stateOf("lookahead", { base: "sgd" })).toContain(
      "4 bytes a parameter in float32, of which 0 are those of sgd",
    );
    expect(stateOf("lbfgs")).toContain("createClosureOptimizer");
    expect(stateOf("adam")).toMatch(/^ {2}8 bytes a parameter in float32\n/);
  });

  it.each(registry)("describes $name in full", (entry) => {
    const text = describeOptimizer(entry, {});
    for (const name of [...Object.keys(entry.hyper), ...Object.keys(entry.options)])
      expect(text).toMatch(new RegExp(`^  ${name} `, "m"));
    for (const preset of Object.values(entry.presets))
      for (const name of Object.keys(preset.arguments)) expect(text).toMatch(new RegExp(`^  ${name} `, "m"));
    for (const part of [entry.title, entry.latex().split("\n")[0], entry.cite.title])
      expect(text).toContain(part);
  });

  it("shows the form that options choose", async () => {
    const { stdout } = await typed("optimizers", "rmsprop:preset=torch");
    expect(stdout).toContain("x ← x − α·g/(√v + ε)");
    expect(stdout).toMatch(/^ {2}gamma +0\.99 +\[0, 1\)/m);
  });

  it("writes the terms that are given, and what other options change", async () => {
    const decayed = await typed("optimizers", "adam-l2:weightDecay=0.1");
    const plain = await typed("optimizers", "adam");
    const scheduleFree = await typed("optimizers", "schedule-free-sgd:lr=0.5");
    expect(decayed.stdout).toContain("λ");
    expect(plain.stdout).not.toContain("ε̄");
    expect((await typed("optimizers", "adam:epsRoot=0")).stdout).toContain("ε̄)");
    expect(scheduleFree.stdout).toMatch(/z ← z − α·g$/m);
    const { stdout } = await typed("optimizers", "nadamp");
    expect(stdout).toMatch(/Other forms.*\n[\s\S]*root=power:\n.*\^\(1\/p\)/);
    const general = await typed("optimizers", "generalized-adam");
    expect(general.stdout).toMatch(/nesterov=false:\n[\s\S]*disablePreconditioning=true:\n +m ← g \+ β₁·m/);
  });

  it("prints plain data as JSON, of one and of all", async () => {
    const one = JSON.parse((await typed("optimizers", "amsgrad", "--json")).stdout);
    expect(one).toMatchObject({ name: "amsgrad", stateBytesPerParameter: 12, adaptive: true });
    const all = JSON.parse((await typed("optimizers", "--json")).stdout);
    expect(all.map(({ name }: { readonly name: string }) => name)).toEqual(registry.map(({ name }) => name));
    expect(all).toContainEqual(one);
  });
});
