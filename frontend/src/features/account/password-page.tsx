import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { useChangePassword } from "@/api/requests/change-password";
import { sentenceOf } from "@/api/sentence";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";

import classes from "./password.module.css";

const nothing = { current: "", new: "", again: "" };

/** One's own password, changed by who knows the old one. */
export function PasswordPage() {
  const [words, setWords] = useState(nothing);
  const change = useChangePassword();
  const isDifferent = words.again !== "" && words.again !== words.new;
  function field(name: keyof typeof nothing) {
    return {
      required: true,
      withAsterisk: false,
      value: words[name],
      onChange: (event: FormEvent<HTMLInputElement>) => {
        const { value } = event.currentTarget;
        setWords((old) => ({ ...old, [name]: value }));
      },
    };
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    if (words.again !== words.new) return;
    const body = { current: words.current, new: words.new };
    change.mutate(body, { onSuccess: () => setWords(nothing) });
  }
  return (
    <div className={surfaces["page"]} style={{ maxWidth: 820 }}>
      <PageHead title="My password" />
      <p className={surfaces["panelHint"]}>
        After a change every other browser you are signed in with is signed out. API tokens stay.
      </p>
      <form className={classes["form"]} onSubmit={submit}>
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          {...field("current")}
        />
        <PasswordInput label="New password" autoComplete="new-password" {...field("new")} />
        <PasswordInput
          label="New password once more"
          autoComplete="new-password"
          error={isDifferent ? "The two new passwords differ." : null}
          {...field("again")}
        />
        {change.isError && <ErrorNotice message={sentenceOf(change.error)} />}
        <div className={classes["foot"]}>
          <Button type="submit" loading={change.isPending}>
            Change it
          </Button>
          <span role="status">{change.isSuccess && "Changed."}</span>
        </div>
      </form>
    </div>
  );
}
