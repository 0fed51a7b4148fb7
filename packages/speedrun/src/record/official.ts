/** One entry of an official list. */
export interface OfficialEntry {
  /** Its number in the list, where it is known. */
  readonly number?: number;
  /** Minutes on 8 H100, or steps. */
  readonly value: number;
  /** What was new in it, as far as it is known. */
  readonly note?: string;
}

/** A track of modded-nanogpt with the history of its records. Theirs, not measured here. */
export interface OfficialTrack {
  readonly name: string;
  readonly title: string;
  readonly measure: "minutes" | "steps";
  readonly url: string;
  /** Records in their order; an official list has more of them where numbers are left out. */
  readonly records: readonly OfficialEntry[];
  /** Results beside the records. */
  readonly others: readonly OfficialEntry[];
}

const minutes = (number: number, value: number, note?: string): OfficialEntry => ({
  ...{ number, value },
  ...(note === undefined ? {} : { note }),
});

/** 124M parameters to a loss of 3.28 on FineWeb, on 8 H100 (https://github.com/KellerJordan/modded-nanogpt). */
const track1: OfficialTrack = {
  name: "modded-nanogpt-1",
  title: "modded-nanogpt, track 1: minutes to 3.28 on 8 H100",
  measure: "minutes",
  url: "https://github.com/KellerJordan/modded-nanogpt",
  records: [
    minutes(1, 45, "llm.c"),
    minutes(2, 31.4, "learning rate, rotary positions"),
    minutes(3, 24.9, "Muon"),
    minutes(4, 22.3, "Muon, improved"),
    minutes(5, 15.2, "ReLU², QK norm"),
    minutes(6, 13.1, "Muon distributed"),
    minutes(7, 12, "PyTorch 2.5"),
    minutes(8, 10.8, "head untied"),
    minutes(9, 8.2, "value and embedding skips, logits capped"),
    minutes(10, 7.8, "bfloat16"),
    minutes(11, 7.2, "U-net skips"),
    minutes(12, 5.03, "FlexAttention"),
    minutes(13, 4.66, "attention window grows"),
    minutes(14, 4.41, "value embeddings"),
    minutes(15, 3.95),
    minutes(16, 3.8),
    minutes(17, 3.57),
    minutes(18, 3.4, "logits capped at 15"),
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: a measured time, not π.
    minutes(19, 3.142, "head in FP8"),
    minutes(20, 2.992),
    minutes(38, 2.476, "Polar Express"),
    minutes(41, 2.345, "NorMuon"),
    minutes(43, 2.284, "cautious weight decay"),
    minutes(53, 1.988, "several tokens predicted"),
    minutes(62, 1.655, "bigram hash"),
    minutes(81, 1.363),
    minutes(89, 1.23, "current on 2026-07-17"),
  ],
  others: [],
};

/** The same model and target, optimizers alone: fewest steps. */
const track3: OfficialTrack = {
  name: "modded-nanogpt-3",
  title: "modded-nanogpt, track 3: fewest steps to 3.28, optimizers alone",
  measure: "steps",
  url: "https://github.com/KellerJordan/modded-nanogpt",
  records: [
    ...[3600, 3500, 3325, 3250, 3225, 3210, 3150, 3125, 3030, 2990],
    ...[2930, 2925, 2900, 2890, 2875, 2860, 2850, 2750, 2720, 2690],
  ].map((value) => ({ value })),
  others: [
    { value: 3125, note: "SOAP-H" },
    { value: 3250, note: "Muon, tuned" },
    { value: 3375, note: "PSGD" },
    { value: 4100, note: "Shampoo" },
    { value: 4875, note: "AdamH" },
    { value: 5625, note: "Adam, under-tuned" },
  ],
};

/** The official tracks, as data to stand beside ours and clearly apart from them. */
export const officialTracks: readonly OfficialTrack[] = [track1, track3];
