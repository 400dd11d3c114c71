import { Textarea } from "@mantine/core";

import { Markdown } from "./markdown";
import classes from "./markdown-field.module.css";

interface MarkdownFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
}

/** Text and, beside it, what annotators will see. */
export function MarkdownField({ label, value, onChange, placeholder }: MarkdownFieldProps) {
  return (
    <div className={classes["field"]}>
      <Textarea
        label={label}
        placeholder={placeholder ?? ""}
        autosize
        minRows={12}
        maxRows={28}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <section className={classes["preview"]} aria-label="Preview">
        {value.trim() ? <Markdown text={value} /> : <p>The preview appears here.</p>}
      </section>
    </div>
  );
}
