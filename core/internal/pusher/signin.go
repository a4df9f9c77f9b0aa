package pusher

import (
	"errors"
	"fmt"
)

// Signin is the data of "pusher:signin".
type Signin struct {
	Auth []byte
	// UserData is the text that was signed; the answer repeats it as it is.
	UserData []byte
}

// ErrUserData is the cause of an Error about user_data.
var ErrUserData = errors.New("user_data does not describe a user")

var signinNames = []string{"auth", "user_data"}

// ParseSignin reads the data of a "pusher:signin" frame in the manner of
// ParseSubscribe.
func ParseSignin(data []byte) (Signin, error) {
	var v [2][]byte
	if err := readStrings(data, signinNames, v[:]); err != nil {
		return Signin{}, err
	}
	if len(v[1]) == 0 {
		return Signin{}, missing("user_data")
	}
	return Signin{Auth: v[0], UserData: v[1]}, nil
}

// VerifySignin checks the signature over the socket id, "::user::" and the user
// data, and returns nil or an *Error like VerifyChannelAuth.
func VerifySignin(ss Signers, appKey string, id SocketID, in Signin) error {
	if len(in.Auth) == 0 {
		return unauthorized(ErrMissingAuth, "Auth info required to sign in")
	}
	signature, cause := splitAuth(appKey, in.Auth)
	if cause != nil {
		return unauthorized(cause, fmt.Sprintf("Invalid key in signin auth data: '%s'", brief(in.Auth)))
	}
	var scratch [512]byte
	message := append(id.AppendTo(scratch[:0]), "::user::"...)
	message = append(message, in.UserData...)
	if !ss.Verify(message, signature) {
		return badSignature(message, signature)
	}
	return nil
}

// SignedUser is who a connection signed in as.
type SignedUser struct {
	ID string
	// Info is the user_info, a JSON value that aliases the input; {} if there is none.
	Info []byte
	// Watchlist are the ids of users to watch, each once.
	Watchlist []string
	// WatchlistCut is set if there were more ids than allowed and only the
	// first were kept; the client is told so with CodeWatchlist.
	WatchlistCut bool
}

var userNames = []string{"id", "user_info", "watchlist"}

// ParseUser reads the user_data of a sign-in after VerifySignin. maxWatchlist
// bounds the watchlist (0: any number). A failure is an *Error with
// CodeUnauthorized.
func ParseUser(userData []byte, maxWatchlist int) (SignedUser, error) {
	var v [3][]byte
	if err := readObject(userData, userNames, v[:]); err != nil {
		return SignedUser{}, badUser("it is " + err.Error())
	}
	if !isString(v[0]) {
		return SignedUser{}, badUser("id must be a non-empty string")
	}
	user := SignedUser{ID: string(textOf(v[0])), Info: v[1]}
	if err := CheckUserID(user.ID); err != nil {
		return SignedUser{}, badUser(err.Error())
	}
	if isNull(user.Info) {
		user.Info = []byte("{}")
	}
	if err := user.readWatchlist(v[2], maxWatchlist); err != nil {
		return SignedUser{}, err
	}
	return user, nil
}

var errEnough = errors.New("enough")

func (u *SignedUser) readWatchlist(raw []byte, most int) error {
	if isNull(raw) {
		return nil
	}
	seen := make(map[string]bool)
	isArray, err := readArray(raw, func(element []byte) error {
		id, ok := userIDOf(element)
		if !ok || CheckUserID(id) != nil {
			return badUser("watchlist must hold ids of users")
		}
		if seen[id] {
			return nil
		}
		if most > 0 && len(u.Watchlist) == most {
			u.WatchlistCut = true
			return errEnough
		}
		seen[id] = true
		u.Watchlist = append(u.Watchlist, id)
		return nil
	})
	if !isArray {
		return badUser("watchlist must be an array of ids of users")
	}
	if err != nil && !u.WatchlistCut {
		return err
	}
	return nil
}

func badUser(problem string) error {
	return &Error{Code: CodeUnauthorized, Message: "Invalid user_data: " + problem, Type: TypeAuth, Status: 401, Cause: ErrUserData}
}
