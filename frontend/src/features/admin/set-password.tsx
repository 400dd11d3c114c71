import { Button, PasswordInput, Popover } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { useUpdateUser } from "@/api/requests/update-user";
import { sentenceOf } from "@/api/sentence";
import type { User } from "@/api/types";

import classes from "./admin.module.css";

/** Give a person a new password, for when they lost theirs. */
export function SetPassword({ user }: { readonly user: User }) {
  const [isOpen, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const update = useUpdateUser();
  function submit(event: FormEvent) {
    event.preventDefault();
    update.mutate({ id: user.id, change: { password } }, { onSuccess: () => setOpen(false) });
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`New password for ${user.name}`}
          onClick={() => setOpen(!isOpen)}
        >
          New password
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form className={classes["password"]} onSubmit={submit}>
          <PasswordInput
            label={`New password for ${user.name}`}
            autoComplete="new-password"
            required
            withAsterisk={false}
            error={update.error ? sentenceOf(update.error) : null}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={update.isPending}>
            Set it
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
