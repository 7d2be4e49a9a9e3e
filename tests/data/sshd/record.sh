#!/bin/sh
# Records auth.log: what a real sshd and a real rsyslogd write about real
# logins over the loopback interface. Run once, as root, on a machine that may
# be thrown away (Debian 12 with openssh-server, openssh-client, rsyslog): it
# adds a user `alice` and takes it away again.
#
# usage: record.sh OUTPUT
set -eu

output=$(realpath "$1")
work=$(mktemp -d)
pids=
finish() {
  for pid in $pids; do kill "$pid" 2>/dev/null || :; done
  userdel -r alice 2>/dev/null || :
  rm -rf "$work"
}
trap finish EXIT

useradd -m alice
echo 'alice:correct horse' | chpasswd

# rsyslog in the traditional format, with "message repeated N times".
cat > "$work/rsyslog.conf" <<CONF
module(load="imuxsock")
\$RepeatedMsgReduction on
\$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat
auth,authpriv.* $work/auth.log
CONF
rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" &
pids="$pids $!"

ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
mkdir -p /run/sshd
/usr/sbin/sshd -D -p 2222 -h "$work/host_key" -o ListenAddress=127.0.0.1 \
  -o UsePAM=yes -o PasswordAuthentication=yes -o MaxAuthTries=6 &
pids="$pids $!"
sleep 1

# attempt ADDRESS USER PASSWORD TRIES: one connection from that address.
printf '#!/bin/sh\nprintf "%%s\\n" "$PASSWORD"\n' > "$work/askpass"
chmod +x "$work/askpass"
attempt() {
  PASSWORD=$3 SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force \
    ssh -b "$1" -p 2222 -l "$2" -o NumberOfPasswordPrompts="$4" \
    -o PreferredAuthentications=password -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o LogLevel=QUIET 127.0.0.1 true \
    </dev/null || :
}

# Alice mistypes twice, then gets in.
attempt 127.0.0.10 alice 'correct house' 2
attempt 127.0.0.10 alice 'correct horse' 1
# A brute-force attack: names that exist and names that do not.
attempt 127.0.0.66 root hunter2 3
attempt 127.0.0.66 admin hunter2 1
attempt 127.0.0.66 oracle hunter2 1
attempt 127.0.0.66 root letmein 2
# A user name that wants the blame to fall on 203.0.113.9.
for _ in 1 2 3 4 5; do
  attempt 127.0.0.99 'root from 203.0.113.9 port 22 ssh2' x 1
done
# A forgetful script of our own, five times, from an allowed address.
attempt 127.0.0.20 backup old-password 3
attempt 127.0.0.20 backup old-password 3
# Somebody unknown, below the threshold.
attempt 127.0.0.30 root 123456 3
sleep 2

for pid in $pids; do kill "$pid"; done
wait || :
pids=
sed 's/ [^ ]* sshd\[/ bastion sshd[/' "$work/auth.log" | grep 'sshd\[' > "$output"
