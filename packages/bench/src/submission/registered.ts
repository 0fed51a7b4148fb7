/**
 * Every submission that comes with this package, sorted: each is a module of its name in `submissions/`. Of
 * those of the first competition `sinv6` is missing: it is a learned optimizer, whose weights we have not.
 */
export const submissionNames: readonly string[] = [
  ...["adamg", "ademamix", "amos", "baseline", "caspr_adaptive", "cautious_nadamw", "cyclic_lr"],
  ...["generalized_adam", "lawa_ema", "lawa_queue", "lion", "muon", "nadamp", "nadamw_sequential"],
  ...["schedule_free_adamw", "schedule_free_adamw_v2", "schedule_free_prodigy"],
  ...["self_tuning_baseline", "self_tuning_schedule_free_adamw", "shampoo_submission"],
  ...["single_worker_diloco"],
];
