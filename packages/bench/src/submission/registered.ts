/** Every submission that comes with this package, sorted: each is a module of its name in `submissions/`. */
export const submissionNames: readonly string[] = ["baseline"];
