import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Navigate, useSearchParams } from "react-router";

import { Problem } from "@/api/problem";
import { useSession, useSignIn } from "@/api/requests/session";
import { sentenceOf } from "@/api/sentence";

import classes from "./sign-in.module.css";

/** The quiet door. */
export function SignInPage() {
  const session = useSession();
  const signIn = useSignIn();
  const [params] = useSearchParams();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  if (session.data?.user) return <Navigate to={safePath(params.get("to"))} replace />;

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate({ email: email.trim(), password });
  }

  return (
    <main className={classes["page"]}>
      <title>Sign in · Limn</title>
      <form className={classes["form"]} onSubmit={submit}>
        <img src="/limn.svg" alt="" width={44} height={44} />
        <h1>Limn</h1>
        <TextInput
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          size="md"
          required
          withAsterisk={false}
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          size="md"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <p className={classes["problem"]} role="alert">
          {signIn.error && refusal(signIn.error)}
        </p>
        <Button type="submit" size="md" fullWidth loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

function refusal(error: unknown): string {
  if (error instanceof Problem && (error.status === 400 || error.status === 401)) {
    return "This e-mail and password do not match. Check both and try again.";
  }
  return sentenceOf(error);
}

/** Only addresses of this site: a link must not lead signed-in people elsewhere. */
function safePath(to: string | null): string {
  return to?.startsWith("/") && !to.startsWith("//") ? to : "/work";
}
