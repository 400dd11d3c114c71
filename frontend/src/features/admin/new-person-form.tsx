import { Button, Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { useCreateUser } from "@/api/requests/create-user";
import { sentenceOf } from "@/api/sentence";
import type { NewUser } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";

import classes from "./admin.module.css";

const nobody: NewUser = { email: "", name: "", password: "", is_admin: false };

/** A new person with a first password, to be told to them by a safe way. */
export function NewPersonForm({ onDone }: { readonly onDone: () => void }) {
  const [person, setPerson] = useState(nobody);
  const create = useCreateUser();
  function change(part: Partial<NewUser>) {
    setPerson((old) => ({ ...old, ...part }));
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate(person, { onSuccess: onDone });
  }
  return (
    <form className={`${surfaces["panel"]} ${classes["newPerson"]}`} onSubmit={submit}>
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        value={person.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="off"
        required
        withAsterisk={false}
        value={person.email}
        onChange={(event) => change({ email: event.currentTarget.value })}
      />
      <PasswordInput
        label="First password"
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={person.password}
        onChange={(event) => change({ password: event.currentTarget.value })}
      />
      <Checkbox
        label="Administrator"
        checked={person.is_admin}
        onChange={(event) => change({ is_admin: event.currentTarget.checked })}
      />
      <div className={classes["buttons"]}>
        <Button type="submit" loading={create.isPending}>
          Add
        </Button>
        <Button variant="default" onClick={onDone}>
          Not now
        </Button>
      </div>
      {create.isError && <ErrorNotice message={sentenceOf(create.error)} />}
    </form>
  );
}
