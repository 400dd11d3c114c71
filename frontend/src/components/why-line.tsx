import { IconSparkles } from "@tabler/icons-react";

import classes from "./why-line.module.css";

/** Why the model asks for this case. Violet, since a model said it. */
export function WhyLine({ sentence }: { readonly sentence: string }) {
  return (
    <span className={classes["why"]}>
      <IconSparkles size={15} stroke={1.7} aria-hidden />
      {sentence}
    </span>
  );
}
