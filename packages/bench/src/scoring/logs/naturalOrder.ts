/** The order of names with numbers in them: study_2 before study_10. */
export const naturalOrder: (a: string, b: string) => number = new Intl.Collator("en", { numeric: true })
  .compare;
