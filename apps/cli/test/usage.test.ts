import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseOptimizerSpec } from "@steepest/optim";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";
import { typed } from "./typed.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

describe("usage errors exit with 2, say what to do, and write nothing", () => {
  const train = (...more: readonly string[]) => [
    ...["train", "fashion-mnist", "--steps", "1", "--out", join(folder, "run")],
    ...more,
  ];
  it.each<[readonly string[], RegExp]>([
    [["trian"], /Did you mean train/],
    [["train"], /no workload is given.*steepest train fashion-mnist/],
    [["train", "fashion-mnst"], /unknown workload "fashion-mnst".*Did you mean "fashion-mnist"/],
    [train("--optimizer", "adm"), /Did you mean "adam"/],
    [train("--optimizer", "adam:bta1=0.9"), /Did you mean "beta1"/],
    [train("--optimizer", "adam:beta1=1"), /beta1/],
    [train("--optimizer", "adam:lr=-1"), /lr/],
    [train("--lr", "-1"), /lr.*-1/],
    [train("--lr", "fast"), /Expected a number/],
    [train("--optimizer", "gd-wolfe", "--lr", "0.1"), /unknown hyper-parameter or option of gd-wolfe "lr"/],
    [train("--optimizer", "lbfgs", "--clip-norm", "1"), /moves all parameters together/],
    [train("--batch", "0"), /Expected an integer >= 1/],
    [train("--batch", "50001"), /50001 exceeds the 50000 training examples/],
    [train("--steps", "0"), /Expected an integer >= 1/],
    [train("--epochs", "1"), /cannot be used with option '--steps/],
    [train("--seed", "x"), /Expected an integer >= 0/],
    [train("--seed", "-1"), /^steepest: .*Expected an integer >= 0/],
    [train("--seed", "0x10"), /Expected an integer >= 0/],
    [train("--lr", "0x10"), /Expected a number/],
    [train("-o", "adam", "-o", "sgd"), /one optimizer, found adam and sgd.*steepest compare/],
    [["train", "fashion-mnist", "--out", ""], /--out is empty.*Name a folder/],
    [["train", "fashion-mnist", "--out", "package.json"], /"package.json" is a file, not a folder/],
    [
      ["train", "fashion-mnist", "--out", "package.json/x"],
      /"package.json\/x" cannot be made a folder.*Choose/,
    ],
    [["train", "--resume", "."], /there is no run in "\."\. Give/],
    [train("--target", "88"), /target is 88.*0\.88/],
    [train("--schedule", "cosin:steps=5"), /Did you mean "cosine"/],
    [train("--optimiser", "adam"), /Did you mean --optimizer/],
    [["train", "--resume", "nowhere"], /there is no run in "nowhere"/],
    [["train", "--resume", "a", "--force"], /cannot be used with option/],
    [["optimizers", "admw"], /unknown optimizer "admw".*Did you mean "adamw"/],
  ])("steepest %j", async (args, message) => {
    const { code, stdout, stderr } = await typed(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes away the folders that it made for nothing", async () => {
    const out = join(folder, "a", "b", "run");
    expect((await typed("train", "fashion-mnist", "--batch", "50001", "--out", out)).code).toBe(2);
    expect(await readdir(folder)).toEqual([]);
  });

  it("explains itself", async () => {
    const { code, stdout } = await typed("train", "--help");
    expect(code).toBe(0);
    const examples = [...stdout.matchAll(/^ {2}steepest train .*(?:-o|--optimizer) (\S+)/gm)];
    expect(examples).not.toHaveLength(0);
    for (const [, optimizer = ""] of examples) expect(() => parseOptimizerSpec(optimizer)).not.toThrow();
  });
});
