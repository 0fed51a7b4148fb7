/** Where formulas come from, as every output names them. */
export const sources = {
  lecture: "Merkulov, Adaptive gradient methods + introduction to neural network training",
  zero: "Rajbhandari, Rasley, Ruwase, He: ZeRO, 2020, section 3",
  zeroStages: "Rajbhandari, Rasley, Ruwase, He: ZeRO, 2020, section 5",
  megatron: "Korthikanti et al.: Reducing Activation Recomputation in Large Transformer Models, 2022",
  saved: "the saved inputs of each operation, as Korthikanti et al. 2022 count",
  chen: "Chen et al.: Training Deep Nets with Sublinear Memory Cost, 2016",
  flash: "Dao et al.: FlashAttention, 2022",
  llmc: "karpathy/llm.c, pull request 309",
  mixed: "Micikevicius et al.: Mixed Precision Training, 2018",
  eightBit: "Dettmers et al.: 8-bit Optimizers via Block-wise Quantization, 2022",
  registry: "what the optimizer declares of itself (steepest optimizers)",
  deepspeed: "DeepSpeed's defaults: reduce_bucket_size and allgather_bucket_size of 5e8",
  distributed: "PyTorch's DistributedDataParallel: buckets beside the gradients",
  given: "as given",
  model: "the model's shapes",
} as const;
