/** Where formulas come from, as every output names them; docs/memory.md has them in full. */
export const sources = {
  lecture: "lecture",
  zero: "ZeRO 2020, §3",
  zeroStages: "ZeRO 2020, §5",
  megatron: "Korthikanti et al. 2022",
  saved: "Korthikanti et al. 2022",
  operations: "inputs of each operation",
  chen: "Chen et al. 2016",
  flash: "FlashAttention 2022",
  llmc: "llm.c, PR 309",
  mixed: "Micikevicius et al. 2018",
  eightBit: "Dettmers et al. 2022",
  registry: "steepest optimizers",
  deepspeed: "DeepSpeed's defaults",
  distributed: "PyTorch's DDP",
  given: "as given",
} as const;
