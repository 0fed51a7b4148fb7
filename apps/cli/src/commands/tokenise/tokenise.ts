import { stat } from "node:fs/promises";
import { readIfPresent } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { format } from "@steepest/report";
import { bytePairTokeniser, characterTokeniser, isTokenFile, writeTokenFile } from "@steepest/text";
import { Command, Option } from "commander";
import { numberArgument } from "../../arguments.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { checkOutFile } from "../../outFolder.js";
import { checkReplaceable, type FileKind } from "../pictureFile.js";

interface TokeniseArguments {
  readonly tokeniser: "characters" | "gpt2";
  readonly split: "share" | "files";
  readonly validation: number;
  readonly out: string;
}

/** A string in memory cannot hold more; a text of any length can come in several files. */
const mostFileBytes = 500e6;

const tokenFile: FileKind = {
  name: "token file",
  isOurs: isTokenFile,
  fix: "Name another file with --out, or remove that one",
};

/** `steepest tokenise`: turns texts into a token file. */
export function tokeniseCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("tokenise")
    .description("Turn texts into a file of tokens, to train language models on")
    .argument("<text...>", "text files in UTF-8, one after the other")
    .addOption(
      new Option("--tokeniser <name>", "one token a character, or GPT-2's byte pairs")
        .choices(["characters", "gpt2"])
        .default("characters"),
    )
    .addOption(
      new Option("--split <how>", "what to validate with: a share at the end, or the last file")
        .choices(["share", "files"])
        .default("share"),
    )
    .option("--validation <share>", "the share to validate with", numberArgument, 0.1)
    .requiredOption("--out <file>", "the token file to write")
    .addHelpText(
      "after",
      `
Examples:
  steepest tokenise my.txt --out my.tokens
  steepest tokenise train.txt validation.txt --tokeniser gpt2 --split files --out fineweb.tokens

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
    )
    .action(async (paths: readonly string[], options: TokeniseArguments) => {
      finish(await runTokenise(io, paths, options));
    });
}

async function runTokenise(
  io: Io,
  paths: readonly string[],
  { tokeniser: kind, split, validation: share, out }: TokeniseArguments,
): Promise<ExitCode> {
  if (split === "files" && paths.length < 2)
    throw new SteepestError(
      "invalid-value",
      `--split files takes the last of several files to validate with, found ${paths.length}`,
      "Give two or more, or leave --split out",
    );
  if (!(share > 0 && share < 1))
    throw new SteepestError("invalid-value", `--validation is ${share}`, "Give a share in (0, 1), as 0.1");
  await checkOutFile(out);
  await checkReplaceable(out, tokenFile);
  const texts = await Promise.all(paths.map(readText));
  const tokeniser = kind === "gpt2" ? await bytePairTokeniser() : characterTokeniser(texts.join(""));
  const parts = texts.map((text) => tokeniser.encode(text));
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  const tokens = new Uint16Array(count);
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  const last = parts.at(-1)?.length ?? 0;
  const validation = split === "files" ? count - last : Math.floor((1 - share) * count);
  await writeTokenFile(out, tokens, tokeniser, { validation });
  io.stdout.write(
    `${out}: ${format.counted(count, "token")} of ${format.count(tokeniser.vocabulary)} different ones (${kind}), ${format.count(
      count - validation,
    )} of them to validate with\n`,
  );
  return exitCode.ok;
}

/**
 * @throws SteepestError `unavailable` where there is no such file, `invalid-value` for a folder, and for a
 *   file that is empty, too large or not UTF-8
 */
async function readText(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  const refuse = (problem: string, fix: string) =>
    new SteepestError("invalid-value", `${path} ${problem}`, fix);
  if (found?.isDirectory() === true) throw refuse("is a folder", "Give the paths of the texts in it");
  if (found !== undefined && found.size > mostFileBytes)
    throw refuse(
      `has ${format.count(found.size)} bytes, more than the ${format.count(mostFileBytes)} that can be read at once`,
      "Cut it into several files and name them all, in order",
    );
  const bytes = await readIfPresent(path);
  if (bytes === undefined)
    throw new SteepestError("unavailable", `there is no file ${path}`, "Give the path of a text");
  if (bytes.length === 0) throw refuse("is empty", "Leave it out, or give a text");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse("is not a text in UTF-8", "Convert it first, for example with iconv -f latin1 -t utf-8");
  }
}
