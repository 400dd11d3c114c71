import type { PolicyDocument } from "@/api/types";

interface OptionWords {
  readonly option: string;
  readonly label: string;
  readonly means: string;
}

/** The options of PS3.15 Annex E in plain words. */
export const policyOptions: readonly OptionWords[] = [
  {
    option: "modified_dates",
    label: "Shift dates",
    means: "Each patient's dates move by a number of days of their own; intervals stay.",
  },
  { option: "full_dates", label: "Keep dates in full", means: "Dates and times stay as they are." },
  {
    option: "retain_patient",
    label: "Keep patient characteristics",
    means: "Sex, age, size, weight and the like stay.",
  },
  {
    option: "retain_device",
    label: "Keep the device's identity",
    means: "Serial numbers and station names stay.",
  },
  {
    option: "retain_institution",
    label: "Keep the institution",
    means: "Name and address of the hospital stay.",
  },
  { option: "retain_uids", label: "Keep UIDs", means: "Identifiers of images stay as they are." },
  {
    option: "retain_safe_private",
    label: "Keep safe private attributes",
    means: "Those that the standard lists as safe; all others go.",
  },
  {
    option: "clean_descriptors",
    label: "Clean descriptions instead of removing them",
    means: "Words of imaging stay, names and numbers go.",
  },
  {
    option: "clean_structured",
    label: "Clean reports instead of emptying them",
    means: "Report texts stay without names.",
  },
  {
    option: "clean_graphics",
    label: "Clean drawings on images",
    means: "Annotations stay, their words are cleaned.",
  },
];

export const pictureChecks: readonly {
  readonly value: PolicyDocument["pixels"]["check"];
  readonly label: string;
}[] = [
  { value: "likely", label: "Where text is likely" },
  { value: "all", label: "All" },
  { value: "none", label: "None" },
];

/** One of the two says what becomes of dates; both at once cannot be. */
export function withOption(options: readonly string[], option: string, isOn: boolean) {
  const rest = options.filter((one) => one !== option);
  if (!isOn) return rest;
  const other = option === "full_dates" ? "modified_dates" : "full_dates";
  const isOfDates = option === "full_dates" || option === "modified_dates";
  return [...(isOfDates ? rest.filter((one) => one !== other) : rest), option];
}

/** A scope in words: which deliveries a policy governs. */
export function wordsOfScope(scope: string, projects: ReadonlyMap<string, string>): string {
  const [kind, ...rest] = scope.split(":");
  const name = rest.join(":");
  return kind === "project" ? `project ${projects.get(name) ?? name}` : `source ${name}`;
}
