import type { Claim, ClaimResult, VerdictKind } from "@steepest/bench";
import {
  figureText,
  format,
  intervalText,
  rangeText,
  reasonText,
  type TextTableOptions,
  type Tone,
  textTable,
  wrap,
} from "@steepest/report";

/** A claim a row. */
export function claimTable(claims: readonly Claim[], width: number): string {
  const table = textTable(
    [{ title: "claim" }, { title: "about", shrinks: true }, { title: "seeds", align: "right" }],
    claims.map(({ name, title, seeds }) => [name, title, String(seeds)]),
    { width },
  );
  return `${table}\n\nOne in full: steepest claims NAME. Run it: steepest claims run NAME`;
}

const indent = "  ";

/** What a claim states, what its experiment runs, and what decides. */
export function describeClaim(claim: Claim, width: number): string {
  const section = (heading: string, ...paragraphs: readonly string[]) => [
    "",
    heading,
    ...paragraphs.map((paragraph) => wrap(paragraph, width, indent)),
  ];
  return [
    `${claim.title} (${claim.name})`,
    ...section("Claim", claim.claim),
    ...section("Experiment", `${claim.setting} ${format.counted(claim.seeds, "seed")}.`),
    ...section(
      "Holds where",
      ...Object.values(claim.criteria).map(({ quantity, holds }) => `${quantity}: ${rangeText(holds)}`),
    ),
    "",
    `Run it: steepest claims run ${claim.name}`,
  ].join("\n");
}

/** The same as plain data. */
export const claimData = ({ name, title, claim, setting, seeds, criteria }: Claim) => ({
  ...{ name, title, claim, setting, seeds },
  holdsWhen: Object.values(criteria),
});

const tones: Readonly<Record<VerdictKind, Tone>> = {
  holds: "good",
  "does not hold": "bad",
  inconclusive: "strong",
};

/** Claim, what was run, what decided and the figures of one experiment. */
export function resultText(result: ClaimResult, width: number): string {
  const { name, title, claim, setting, seeds, verdict, figures, caveat } = result;
  const hanging = (text: string) => wrap(text, width, `${indent}${indent}`).trimStart();
  return [
    `${name}: ${title}`,
    wrap(claim, width, indent),
    wrap(`Run: ${setting} ${format.counted(seeds.length, "seed")}.`, width, indent),
    ...verdict.effects.map(
      (effect) =>
        `${indent}${hanging(`${effect.quantity}: ${intervalText(effect.estimate, effect)}; ${effect.kind}: ${reasonText(effect)}`)}`,
    ),
    ...figures.map((figure) => `${indent}${hanging(`${figure.name}: ${figureText(figure)}`)}`),
    `${indent}=> ${verdict.kind}`,
    ...(caveat === undefined ? [] : [wrap(caveat, width, `${indent}   `)]),
  ].join("\n");
}

/** The verdicts, a claim a row. */
export const verdictTable = (results: readonly ClaimResult[], options: TextTableOptions): string =>
  textTable(
    [{ title: "claim" }, { title: "about", shrinks: true }, { title: "verdict" }],
    results.map(({ name, title, verdict }) => [
      name,
      title,
      { text: verdict.kind, tone: tones[verdict.kind] },
    ]),
    options,
  );
