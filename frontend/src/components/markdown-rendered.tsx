import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";

import classes from "./markdown.module.css";

/** Pictures are left out: nothing is fetched from outside. */
export function MarkdownRendered({ text }: { readonly text: string }) {
  return (
    <div className={classes["markdown"]} dir="auto">
      <ReactMarkdown remarkPlugins={[remarkGfm]} disallowedElements={["img"]}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
