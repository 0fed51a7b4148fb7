/** Every submission that comes with this package: each is a module of its name in `submissions/`. */
export const speedrunSubmissions: readonly string[] = [
  ...["adamw", "muon", "soap", "shampoo", "adam", "lion", "schedule_free_adamw", "prodigy", "sgd_momentum"],
];
